/** The second layer comes in a script of its own, when somebody comes near the button that opens it. */
import type { Page } from "@playwright/test";
import { logs, probe, ran } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

const DIALOG = "#consent-settings-dialog";
const LAYER = "**/settings.js?*";
const asked = (requested: string[]) => requested.filter(path => path.endsWith("/settings.js")).length;

test("it is asked for when the pointer or the focus comes, once, and not before", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.waitForTimeout(500);
  expect(asked(visitor.requested)).toBe(0);
  await page.hover("#consent-customise");
  await expect.poll(() => asked(visitor.requested)).toBe(1);
  await expect(page.locator(DIALOG)).toHaveCount(0); // near is not pressed
  await visitor.press("customise");
  await expect(page.locator(DIALOG)).toBeVisible();
  await page.keyboard.press("Escape");
  await visitor.press("customise");
  await expect(page.locator(DIALOG)).toBeVisible();
  expect(asked(visitor.requested)).toBe(1);
});

test("while it can not be had, the first layer answers; it is asked for again at the next press", async ({
  visitor,
  page,
}) => {
  await page.route(LAYER, route => route.abort());
  await visitor.open();
  await page.click("#consent-customise");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await expect(page.locator("#consent-customise")).toBeFocused();
  await page.waitForTimeout(200);
  const before = asked(visitor.requested);
  for (const button of ["reject-all", "accept-all", "customise"]) await page.hover("#consent-" + button);
  await page.waitForTimeout(200);
  expect(asked(visitor.requested), "a pointer that passes by asks for it again").toBe(before);
  await page.unroute(LAYER);
  await visitor.press("customise");
  await expect(page.locator(DIALOG)).toBeVisible();
  await visitor.press("reject-all");

  // Who has chosen and wants to change it gets the first layer for that.
  await page.route(LAYER, route => route.abort());
  await page.reload();
  await page.locator('a[href$="#consent-settings"]').first().click();
  await expect(page.locator("#consent-banner")).toBeVisible();
  await expect(page.locator("#consent-customise")).toBeFocused();
  await expect(page.locator("#consent-again")).toHaveCount(0); // nothing has changed, and nothing has expired
  await visitor.press("accept-all");
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  expect(await visitor.granted()).toHaveLength(5);
});

test("it is dressed for who has chosen too: what they see is what others see", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, "<body><p>x"); // no frame, no floating button: nothing else brings the style sheet
  const look = () =>
    page.locator("#consent-toggle-analytics").evaluate(toggle => {
      const { borderTopColor, borderTopWidth, width } = getComputedStyle(toggle);
      const { display } = getComputedStyle(
        document.querySelector("#consent-settings-dialog .consent-actions")!,
      );
      return { borderTopColor, borderTopWidth, width, display };
    });
  await visitor.open("/probe");
  await visitor.press("customise");
  await expect(page.locator(DIALOG)).toBeVisible();
  const before = await look();
  expect(before).toMatchObject({ borderTopWidth: "1px", display: "grid" });
  await page.click("#consent-save");
  await page.reload();
  await page.evaluate(() => window.consent.open());
  await expect(page.locator(DIALOG)).toBeVisible();
  expect(await look()).toEqual(before);
});

test("the first layer in its place goes by a second press for who has chosen, and for nobody else", async ({
  visitor,
  page,
  server,
}) => {
  const banner = page.locator("#consent-banner");
  await page.route(LAYER, route => route.abort());
  await probe(page, server, '<body><p>x</p><a id="way" href="#consent-settings">Cookies</a>');
  await visitor.open("/probe");
  for (const press of ["#consent-customise", "#way", "#consent-customise"]) {
    await page.click(press);
    await page.waitForTimeout(200);
    await expect(banner).toBeVisible();
  }
  await visitor.press("reject-all");
  await page.focus("#way");
  await page.keyboard.press("Enter");
  await expect(page.locator("#consent-customise")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(banner).toHaveCount(0);
  await expect(page.locator("#way")).toBeFocused();
  for (const shown of [1, 0]) {
    await page.click("#way");
    await expect(banner).toHaveCount(shown);
  }
  expect(await visitor.granted()).toEqual(["necessary"]);
});

test("one that is not what was published with the banner does not run", async ({ visitor, page }) => {
  const errors: string[] = [];
  page.on("console", message => message.type() === "error" && errors.push(message.text()));
  await page.route(LAYER, async route => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()) + ";window.altered=true" });
  });
  await visitor.open();
  await page.click("#consent-customise");
  await expect.poll(() => errors.join()).toContain("integrity");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await expect(page.locator(DIALOG)).toHaveCount(0);
  expect(await page.evaluate(() => "altered" in window)).toBe(false);
});

test("a choice that is made while it is on its way keeps it closed", async ({ visitor, page }) => {
  let arrive = () => {};
  const held = new Promise<void>(done => (arrive = done));
  await page.route(LAYER, async route => {
    await held;
    await route.continue();
  });
  await visitor.open();
  await page.click("#consent-customise");
  await visitor.press("reject-all");
  arrive();
  await page.waitForTimeout(500);
  await expect(page.locator(DIALOG)).toHaveCount(0);
  expect(await visitor.granted()).toEqual(["necessary"]);
});

test("a policy that lets scripts in by a nonce lets it in too", async ({ visitor, page, server }) => {
  const nonce = "c29tZXRoaW5n";
  const head = `<script nonce="${nonce}" src="/v1/sites/newsroom/banner.js"></script>`;
  const policy = `default-src 'self'; script-src 'nonce-${nonce}'; require-trusted-types-for 'script'`;
  await probe(page, server, "<body><p>x", {}, policy, head);
  await visitor.open("/probe");
  await visitor.press("customise");
  await expect(page.locator(DIALOG)).toBeVisible();
});

test("a page whose policy lists Trusted Types without ours still refuses and accepts in the first layer", async ({
  page,
  server,
}) => {
  // Without the watch of the other tests: what the policy refuses here is what is tested.
  const policy =
    "default-src 'self'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
  await probe(page, server, "<body><p>x", {}, policy);
  await page.goto(server.url + "/probe");
  await page.click("#consent-customise");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.click("#consent-reject-all");
  await expect(page.locator("#consent-banner")).toHaveCount(0);
});

test("a visitor who has chosen evaluates the gate alone: nothing of either layer is called", async ({
  visitor,
  page,
  server,
}) => {
  const html = `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script><body>`;
  await probe(page, server, html, { "/a.js": logs("a") });
  await visitor.open("/probe");
  const first = await called(page, () => page.reload());
  await visitor.press("accept-all");
  await visitor.delivered();
  const before = asked(visitor.requested);
  const second = await called(page, () => page.reload());
  await expect.poll(() => ran(page)).toEqual(["a"]);
  expect(asked(visitor.requested)).toBe(before);
  // The function that draws the first layer, and the one that holds the style sheet.
  for (const mark of ['"consent-banner"', ".consent-ui{"]) {
    expect(
      first.some(text => text.includes(mark)),
      mark,
    ).toBe(true);
    expect(
      second.some(text => text.includes(mark)),
      mark,
    ).toBe(false);
  }
});

/** The texts of the innermost functions of the banner's script that are called during `act`. */
async function called(page: Page, act: () => Promise<unknown>): Promise<string[]> {
  await page.coverage.startJSCoverage({ resetOnNavigation: false });
  await act();
  await page.waitForTimeout(500);
  const scripts = (await page.coverage.stopJSCoverage()).filter(({ url }) => url.includes("/banner.js"));
  return scripts.flatMap(({ source = "", functions }) =>
    functions
      .flatMap(({ ranges: [whole] }) => (whole && whole.count > 0 ? [whole] : []))
      // The script as a whole, and the function around it, hold everything.
      .filter(({ startOffset, endOffset }) => endOffset - startOffset < source.length / 2)
      .map(({ startOffset, endOffset }) => source.slice(startOffset, endOffset)),
  );
}
