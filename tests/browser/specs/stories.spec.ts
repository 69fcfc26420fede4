/** What a visitor does, told on requests, cookies, storage and what the server recorded. */
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, test } from "../support/test.ts";

const FILES = ["mesure.js", "regie.js", "video.html"];
const COOKIES = ["_mesure_id", "_mesure_session", "_regie_uid", "consent"];

test("before a choice nothing runs and nothing is kept", async ({ visitor, page }) => {
  await visitor.open();
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.mouse.wheel(0, 3000);
  await page.keyboard.press("Escape");
  await page.waitForTimeout(1500);
  expect(visitor.thirdParty()).toEqual([]);
  expect(await visitor.cookieNames()).toEqual([]);
  expect(await visitor.storageKeys()).toEqual([]);
  expect(visitor.sent).toEqual([]);
  await expect(page.locator("#consent-banner")).toBeVisible();
});

test("refused: nothing ran, no cookie but consent, and it stays so", async ({ visitor, page, server }) => {
  await visitor.open();
  await visitor.press("reject-all");
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  await visitor.delivered();
  await page.reload();
  await page.waitForTimeout(500);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  expect(visitor.thirdParty()).toEqual([]);
  expect(await visitor.cookieNames()).toEqual(["consent"]);
  expect(await visitor.storageKeys()).toEqual([]);
  const cookie = (await visitor.consentCookie())!;
  expect(cookie).toMatchObject({ version: "1", choices: "01", path: "/", sameSite: "Lax" });
  const history = await server.history(cookie.subject!);
  expect(history.map(({ action }) => action)).toEqual(["reject_all"]);
});

test("accepted: the scripts run in order, once, and the frame loads", async ({ visitor, page, server }) => {
  await visitor.open();
  await visitor.press("accept-all");
  await expect(page.frameLocator("iframe").getByRole("button")).toBeVisible();
  await expect.poll(() => visitor.ran()).toHaveLength(3);
  expect((await visitor.ran()).filter(name => name.endsWith(".js"))).toEqual(["mesure.js", "regie.js"]);
  expect(visitor.thirdParty().sort()).toEqual(FILES);
  expect(await visitor.cookieNames()).toEqual(COOKIES);
  await visitor.delivered();
  expect(await visitor.storageKeys()).toEqual(["_regie_segments", "video_volume"]);
  const cookie = (await visitor.consentCookie())!;
  expect(cookie.choices).toBe("1f");
  const history = await server.history(cookie.subject!);
  expect(history.map(({ action }) => action)).toEqual(["accept_all"]);
  expect(history[0]!.decision_id).toBe(visitor.sent[0]!.decision_id);
});

test("a returning visitor sees no banner, and what was granted runs again", async ({ visitor, page }) => {
  await visitor.open();
  await visitor.press("accept-all");
  await expect.poll(() => visitor.ran()).toHaveLength(3);
  await visitor.delivered();
  visitor.requested.length = 0;
  await page.reload();
  await expect.poll(() => visitor.ran()).toHaveLength(3);
  expect(visitor.thirdParty().sort()).toEqual(FILES);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  expect(visitor.sent).toHaveLength(1);
});

test("withdrawn through the page's link: cookies go, nothing runs after a reload", async ({
  visitor,
  page,
  server,
}) => {
  await visitor.open();
  await visitor.press("accept-all");
  await expect.poll(() => visitor.ran()).toHaveLength(3);
  await page.locator("footer").getByRole("link", { name: "Cookies" }).click();
  await expect(page.locator("#consent-toggle-analytics")).toBeChecked();
  await visitor.press("reject-all");
  await expect(page.locator("#consent-settings-dialog")).toHaveCount(0);
  await visitor.delivered();
  expect(await visitor.cookieNames()).toEqual(["consent"]);
  expect(await visitor.storageKeys()).toEqual([]);
  await expect(page.locator(".consent-placeholder")).toBeVisible();
  visitor.requested.length = 0;
  await page.reload();
  await page.waitForTimeout(500);
  expect(visitor.thirdParty()).toEqual([]);
  expect(await visitor.cookieNames()).toEqual(["consent"]);
  const cookie = (await visitor.consentCookie())!;
  const history = await server.history(cookie.subject!);
  expect(history.map(({ action }) => action)).toEqual(["accept_all", "withdraw"]);
});

test("a mix is saved exactly as the toggles stand", async ({ visitor, page, server }) => {
  await visitor.open();
  await visitor.press("customise");
  for (const category of ["functional", "analytics", "performance", "advertisement"] as const)
    await expect(page.locator("#consent-toggle-" + category)).not.toBeChecked();
  await visitor.toggle("analytics");
  await visitor.toggle("performance");
  await visitor.toggle("performance");
  await visitor.press("save");
  await expect.poll(() => visitor.ran()).toEqual(["mesure.js"]);
  await visitor.delivered();
  expect(visitor.thirdParty()).toEqual(["mesure.js"]);
  expect(await visitor.cookieNames()).toEqual(["_mesure_id", "_mesure_session", "consent"]);
  expect(await visitor.granted()).toEqual(["necessary", "analytics"]);
  const cookie = (await visitor.consentCookie())!;
  expect(cookie.choices).toBe("05");
  const [recorded] = await server.history(cookie.subject!);
  expect(recorded!.action).toBe("save");
  expect(recorded!.choices).toMatchObject({
    functional: "deny",
    analytics: "grant",
    performance: "deny",
    advertisement: "deny",
  });
});

test("closing the second layer without a choice is no choice", async ({ visitor, page }) => {
  await visitor.open();
  await visitor.press("customise");
  await visitor.toggle("advertisement");
  await page.keyboard.press("Escape");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await visitor.press("customise");
  await expect(page.locator("#consent-toggle-advertisement")).not.toBeChecked();
  await visitor.press("close");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.waitForTimeout(300);
  expect(visitor.sent).toEqual([]);
  expect(await visitor.cookieNames()).toEqual([]);
});

for (const way of ["Escape", "the close button"])
  test(`who has chosen, looks again and leaves by ${way} keeps that choice`, async ({ visitor, page }) => {
    await visitor.open();
    await visitor.press("customise");
    await visitor.toggle("analytics");
    await visitor.press("save");
    await visitor.delivered();
    const kept = (await visitor.consentCookie())!.value;
    await page.evaluate(() => window.consent.open());
    await visitor.toggle("analytics");
    await visitor.toggle("advertisement");
    if (way === "Escape") await page.keyboard.press("Escape");
    else await visitor.press("close");
    await expect(page.locator("#consent-settings-dialog, #consent-banner")).toHaveCount(0);
    expect(await visitor.granted()).toEqual(["necessary", "analytics"]);
    expect((await visitor.consentCookie())!.value).toBe(kept);
    expect(visitor.sent).toHaveLength(1);
    await page.evaluate(() => window.consent.open());
    await expect(page.locator("#consent-toggle-analytics")).toBeChecked();
    await expect(page.locator("#consent-toggle-advertisement")).not.toBeChecked();
  });

test("every page of the site has a way back to the choices", async ({ visitor, page }) => {
  const folder = resolve(import.meta.dirname, "../../../examples/newsroom/pages");
  const pages = (await readdir(folder)).filter(file => file.endsWith(".html"));
  expect(pages.length).toBeGreaterThanOrEqual(4);
  await visitor.open();
  await visitor.press("reject-all");
  for (const file of pages) {
    await visitor.open("/" + file);
    await page.locator('a[href$="#consent-settings"]').first().click();
    await expect(page.locator("#consent-settings-dialog"), file).toBeVisible();
    await visitor.press("accept-all");
    expect(await visitor.granted(), file).toHaveLength(5);
  }
});

test("the same in English, with the choice of the French page", async ({ visitor, page }) => {
  await visitor.open("/?lang=en");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator("#consent-banner")).toHaveAttribute("lang", "en");
  await expect(page.locator("#consent-reject-all")).toHaveText("Reject all");
  await visitor.press("reject-all");
  await visitor.delivered();
  await visitor.open("/");
  await expect(page.locator("h1")).toContainText("Samarcande");
  await expect(page.locator("#consent-banner")).toHaveCount(0);
});

test("every category says what it is for and what it keeps", async ({ visitor, page }) => {
  await visitor.open();
  await visitor.press("customise");
  const sections = page.locator("#consent-settings-dialog section:has(input)");
  await expect(sections).toHaveCount(5);
  await expect(sections.nth(0)).toContainText("Toujours acti");
  await expect(page.locator("#consent-toggle-necessary")).toBeDisabled();
  await sections.nth(2).locator("summary").click();
  const rows = sections.nth(2).locator("tbody tr");
  await expect(rows).toHaveCount(2);
  for (const row of await rows.all())
    for (const cell of await row.locator("td").all()) expect((await cell.textContent())!.trim()).not.toBe("");
  await expect(rows.first()).toContainText("_mesure_id");
  await expect(rows.first()).toContainText("13 mois");
  await expect(sections.nth(3).locator("table")).toHaveCount(0);
  await expect(sections.nth(3)).toContainText("cookie");
});
