/** One page, and visitors from several regions: each under the rules of its law, as a proxy in front tells where they are. */
import { resolve } from "node:path";
import { logs, probe, ran } from "../support/probe.ts";
import { expect, test, type Page } from "../support/test.ts";

test.use({ config: resolve(import.meta.dirname, "../fixtures/regions.toml") });

const HTML =
  `<script type="text/plain" data-consent="analytics" data-src="/analytics.js"></script>` +
  `<script type="text/plain" data-consent="advertisement" data-src="/ads.js"></script><body><p>Probe`;
const FILES = { "/analytics.js": logs("analytics"), "/ads.js": logs("ads") };
const CALIFORNIA = { "cf-ipcountry": "US", "cf-region-code": "CA" };
const signal = (page: Page) =>
  page.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));

test("from California the signal is an objection that is honoured and shown; from France the same page asks first", async ({
  visitor,
  page,
  server,
}) => {
  await signal(page);
  await probe(page, server, HTML, FILES);
  await page.setExtraHTTPHeaders(CALIFORNIA);
  await visitor.open("/probe");
  await expect(page.locator("#consent-signal")).toContainText("Opt-out request honored");
  await page.click("#consent-signal-close");
  await expect(page.locator("#consent-reopen")).toHaveAccessibleName("Your Privacy Choices");
  await expect.poll(() => ran(page)).toEqual(["analytics"]);
  await visitor.delivered();
  const [recorded] = await server.history((await visitor.consentCookie())!.subject!);
  expect(recorded).toMatchObject({ action: "signal", region: "US-CA", choices: { advertisement: "deny" } });

  await page.context().clearCookies();
  await page.evaluate(() => localStorage.clear());
  await page.setExtraHTTPHeaders({ "cf-ipcountry": "FR" });
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual([]);
  expect(await visitor.granted()).toEqual(["necessary"]);
});

test("who comes from nowhere that is known, or has travelled into stricter rules, is asked before anything runs", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, HTML, FILES);
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual([]);

  await page.setExtraHTTPHeaders(CALIFORNIA);
  await visitor.open("/probe");
  await expect.poll(() => ran(page)).toEqual(["analytics", "ads"]);
  await visitor.press("accept-all");
  await visitor.delivered();

  // A yes that was given where silence would have done is none where a yes is asked for; the site itself has not changed.
  await page.setExtraHTTPHeaders({ "cf-ipcountry": "FR" });
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await expect(page.locator("#consent-again")).toHaveCount(0);
  expect(await ran(page)).toEqual([]);
  await visitor.press("reject-all");
  await visitor.delivered();

  // A no holds wherever the visitor goes; a yes does not outweigh a signal that meant nothing where it was given.
  await page.setExtraHTTPHeaders(CALIFORNIA);
  await visitor.open("/probe");
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual([]);
  await page.setExtraHTTPHeaders({ "cf-ipcountry": "FR" });
  await visitor.open("/probe");
  await page.evaluate(() => window.consent.set({ analytics: "grant", advertisement: "grant" }));
  await visitor.delivered();
  await signal(page);
  await page.setExtraHTTPHeaders(CALIFORNIA);
  await visitor.open("/probe");
  await expect.poll(() => ran(page)).toEqual(["analytics"]);
});
