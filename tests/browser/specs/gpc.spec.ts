/** Global Privacy Control: an objection where the regime takes one, never a grant, and said. */
import { resolve } from "node:path";
import { sound } from "../support/axe.ts";
import { logs, probe, ran, script } from "../support/probe.ts";
import { expect, test } from "../support/tags.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser");

const TAGS =
  `<script type="text/plain" data-consent="analytics" data-src="/analytics.js"></script>` +
  `<script type="text/plain" data-consent="advertisement" data-src="/ads.js"></script>`;
const FILES = { "/analytics.js": logs("analytics"), "/ads.js": logs("ads") };
const signal = () => Object.defineProperty(navigator, "globalPrivacyControl", { value: true });

test("where silence counts, the signal is recorded as an objection to advertising, and the page says so", async ({
  visitor,
  page,
  server,
}) => {
  await page.addInitScript(signal);
  await probe(page, server, TAGS + "<body>", FILES, undefined, script("california", "?region=US-CA"));
  await visitor.open("/probe");
  await expect(page.locator("#consent-signal")).toContainText("Opt-out request honored");
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  await expect.poll(() => ran(page)).toEqual(["analytics"]);
  await visitor.delivered();
  expect(visitor.sent).toEqual([
    expect.objectContaining({
      action: "signal",
      choices: { functional: "grant", analytics: "grant", performance: "grant", advertisement: "deny" },
      signals: { gpc: true },
    }),
  ]);
  expect((await visitor.consentCookie())?.choices).toBe("0f");
  await page.click("#consent-signal-open");
  await expect(page.locator("#consent-gpc")).toContainText("Global Privacy Control");
  await expect(page.locator("#consent-toggle-advertisement")).not.toBeChecked();
  // Once: the next page records nothing more and keeps to it.
  await page.reload();
  await page.waitForTimeout(200);
  expect(await page.locator("#consent-signal").count()).toBe(0);
  expect(visitor.sent.length).toBe(1);
  expect(await ran(page)).toEqual(["analytics"]);
});

for (const colorScheme of ["light", "dark"] as const)
  test(`what is said of the signal can be read and reached by everybody, and closed, ${colorScheme}`, async ({
    visitor,
    page,
    server,
  }) => {
    await page.addInitScript(signal);
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 320, height: 640 });
    const head = `<meta name="viewport" content="width=device-width">${script("california", "?region=US-CA")}`;
    await probe(
      page,
      server,
      "<body><main><h1>Probe</h1><a href='/'>Home</a></main>",
      FILES,
      undefined,
      head,
    );
    await visitor.open("/probe");
    const said = page.getByRole("status");
    await expect(said).toContainText("Opt-out request honored");
    await expect(page.locator("#consent-reopen")).toBeHidden(); // it would be behind
    await page.screenshot({ path: `${output}/gpc-${colorScheme}.png` });
    await sound(page, "the word in the page");
    const { x, y, width, height } = (await said.boundingBox())!;
    expect(x >= 0 && y >= 0 && x + width <= 320 && y + height <= 640).toBe(true);
    for (const id of ["consent-signal-open", "consent-signal-close"]) {
      const target = (await page.locator("#" + id).boundingBox())!;
      expect(Math.min(target.width, target.height), id).toBeGreaterThanOrEqual(24);
    }
    await page.emulateMedia({ media: "print" });
    await expect(said).toBeHidden();
    await page.emulateMedia({ media: "screen" });
    await expect(said).toBeVisible();

    await page.keyboard.press("Tab"); // the page's own link
    await page.keyboard.press("Tab");
    await expect(page.locator("#consent-signal-open")).toBeFocused();
    expect(await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)).not.toBe(
      "none",
    );
    await page.keyboard.press("Enter");
    await expect(page.locator("#consent-settings-dialog #consent-gpc")).toBeVisible();
    await sound(page, "the second layer");
    await page.keyboard.press("Escape");
    await expect(said).toHaveCount(0);
    await expect(page.locator("#consent-reopen")).toBeVisible();
    // Escape chose nothing: the cookie is still that of the signal.
    const [signalled, ...others] = visitor.sent;
    expect([signalled!.action, others]).toEqual(["signal", []]);
    expect(await page.evaluate(() => window.consent.get().decision_id)).toBe(signalled!.decision_id);
  });

test("without the signal the same site runs until an objection, and says nothing of it", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, TAGS + "<body>", FILES, undefined, script("california", "?region=US-CA"));
  await visitor.open("/probe");
  await expect.poll(() => ran(page)).toEqual(["analytics", "ads"]);
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(visitor.sent).toEqual([]);
  expect(await page.locator("#consent-signal, #consent-gpc").count()).toBe(0);
});

test("a visitor who grants advertising in spite of the signal is believed", async ({
  visitor,
  page,
  server,
}) => {
  await page.addInitScript(signal);
  await probe(page, server, TAGS + "<body>", FILES, undefined, script("california", "?region=US-CA"));
  await visitor.open("/probe");
  await page.evaluate(() => window.consent.set({ advertisement: "grant" }));
  await visitor.delivered();
  expect(visitor.sent.map(({ action }) => action)).toEqual(["signal", "save"]);
  await page.reload();
  await expect.poll(() => ran(page)).toEqual(["analytics", "ads"]);
});

test("where a yes is needed the signal grants nothing, and the visitor is asked as always", async ({
  visitor,
  page,
  server,
}) => {
  await page.addInitScript(signal);
  await probe(page, server, TAGS + "<body>", FILES);
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual([]);
  expect(visitor.sent).toEqual([]);
  expect(await visitor.granted()).toEqual(["necessary"]);
});

test("the header speaks where the browser has no property for it", async ({ visitor, page, server }) => {
  await page.setExtraHTTPHeaders({ "sec-gpc": "1" });
  await probe(page, server, TAGS + "<body>", FILES);
  await visitor.open("/probe");
  await visitor.press("accept-all");
  await visitor.delivered();
  expect(visitor.sent[0]).toMatchObject({ signals: { gpc: false } });
  const [recorded] = await server.history((await visitor.consentCookie())!.subject!);
  expect(recorded).toMatchObject({ action: "accept_all", signals: { gpc: true } });
});
