/** Makes the picture of the newsroom's README: the first layer on the article, 1280 pixels wide. */
import { resolve } from "node:path";
import { expect, test } from "../support/test.ts";

const picture = resolve(import.meta.dirname, "../../../examples/newsroom/screenshot.png");

test("the README's picture", async ({ visitor, page }) => {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await visitor.open();
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: picture });
});
