/** Pages that come back from the browser's memory. */
import { chromium } from "../support/chromium.ts";
import { logs, probe, ran } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

// Playwright turns the cache off that Back uses in everybody's browser.
test.use({ launchOptions: { ...chromium, ignoreDefaultArgs: ["--disable-back-forward-cache"] } });

const FRAME = `<iframe data-consent="functional" data-src="/frame" title="Frame" width="300" height="200"></iframe>`;
const FILES = {
  "/a.js": logs("a"),
  "/frame": { body: "<!doctype html><p>frame", type: "text/html" },
};

test("a page that Back brings from memory follows the withdrawal made elsewhere", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, `<body>${FRAME}`, FILES);
  await visitor.open("/probe");
  await visitor.press("accept-all");
  await visitor.delivered();
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("frame");
  await page.evaluate(() =>
    addEventListener("pageshow", event => document.body.classList.toggle("kept", event.persisted)),
  );
  await visitor.open("/probe?other");
  await page.evaluate(() => window.consent.withdraw());
  await visitor.delivered();
  await page.evaluate(() => history.back());
  await expect(page.locator("body.kept")).toHaveCount(1); // else this test would show nothing
  await expect(page.locator(".consent-placeholder")).toHaveCount(1);
  expect(await visitor.granted()).toEqual(["necessary"]);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
});

test("a page that Back brings from memory follows the choice made elsewhere", async ({
  visitor,
  page,
  server,
}) => {
  const tag = `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script>`;
  await probe(page, server, tag, FILES);
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.evaluate(() =>
    addEventListener("pageshow", event => document.body.classList.toggle("kept", event.persisted)),
  );
  await visitor.open("/probe?other");
  await visitor.press("accept-all");
  await visitor.delivered();
  await page.evaluate(() => history.back());
  await expect(page.locator("body.kept")).toHaveCount(1);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  await expect.poll(() => ran(page)).toEqual(["a"]);
});
