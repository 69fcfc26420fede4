/**
 * "I don't care about cookies", the extension that hides and presses away banners, as `idcac-playwright` has it: a tool
 * of these tests under GPL-3.0, shipped with nothing. What it does is not the visitor's consent.
 */
import { createRequire } from "node:module";
import { logs, probe, ran } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

const { getInjectableScript } = createRequire(import.meta.url)("idcac-playwright") as {
  getInjectableScript(): string;
};

test("what it hides or presses is no consent", async ({ visitor, page, server }) => {
  // Under a policy that lets its own styles in.
  const tag = `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script><body><p>Page`;
  await probe(page, server, tag, { "/a.js": logs("a") }, "default-src 'self' 'unsafe-inline'");
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toBeAttached();
  await page.evaluate(getInjectableScript());
  await page.waitForTimeout(3000);
  expect(await visitor.granted()).toEqual(["necessary"]);
  expect(visitor.sent.map(({ action }) => action)).not.toContain("accept_all");
  expect(await ran(page)).toEqual([]);
});

for (const [how, act] of [
  ["hidden", (node: HTMLElement) => node.style.setProperty("display", "none", "important")],
  ["removed", (node: HTMLElement) => node.remove()],
] as const)
  test(`a banner that is ${how} is no consent, and the page works`, async ({ visitor, page }) => {
    await visitor.open();
    await page.locator("#consent-banner").evaluate(act);
    await page.keyboard.press("Escape");
    await page.mouse.wheel(0, 2000);
    await page.mouse.click(5, 5);
    await page.waitForTimeout(500);
    expect(await visitor.granted()).toEqual(["necessary"]);
    expect(visitor.sent).toEqual([]);
    expect(visitor.thirdParty()).toEqual([]);
    await page.locator("footer").getByRole("link", { name: "Cookies" }).click();
    await expect(page.locator("#consent-settings-dialog")).toBeVisible();
  });
