/** The four stories once more, told by what an auditor takes away: exported, then checked with the server stopped. */
import { readFile } from "node:fs/promises";
import { decisions } from "../support/bundle.ts";
import { expect, test } from "../support/test.ts";

const choices = (...granted: string[]) =>
  Object.fromEntries(
    ["necessary", "functional", "analytics", "performance", "advertisement"].map(category => [
      category,
      granted.includes(category) || category === "necessary" ? "grant" : "deny",
    ]),
  );

test("the bundle holds what was accepted, withdrawn and mixed, each under its notice, and the receipts agree", async ({
  visitor,
  page,
  server,
}) => {
  const receipts: string[] = [];
  const keep = async () => {
    await visitor.delivered();
    receipts.push(await page.evaluate(() => window.consent.receipt()));
  };
  await visitor.open();
  await visitor.press("accept-all");
  await keep();
  await page.evaluate(() => window.consent.open());
  await visitor.press("reject-all");
  await keep();
  await visitor.open("/?lang=en");
  await page.evaluate(() => window.consent.open());
  await visitor.toggle("analytics");
  await visitor.press("save");
  await keep();
  const notice = async (lang: string) =>
    (await (await fetch(`${server.url}/v1/sites/newsroom/notice?lang=${lang}`)).json()).notice_id as string;
  const [french, english] = [await notice("fr"), await notice("en")];
  expect(french).not.toBe(english);
  const all = ["functional", "analytics", "performance", "advertisement"];
  const found = decisions(await server.bundle(receipts));
  expect(found.map(({ subject_id: _, decision_id: __, ...rest }) => rest)).toEqual([
    { action: "accept_all", choices: choices(...all), language: "fr", notice: french },
    { action: "withdraw", choices: choices(), language: "fr", notice: french },
    { action: "save", choices: choices("analytics"), language: "en", notice: english },
  ]);
  expect(found.map(({ decision_id }) => decision_id)).toEqual(
    visitor.sent.map(({ decision_id }) => decision_id),
  );
  const { subject } = (await visitor.consentCookie())!;
  expect(new Set(found.map(({ subject_id }) => subject_id))).toEqual(new Set([subject]));
});

test("the bundle holds a refusal and nothing else of somebody who only refused", async ({
  visitor,
  server,
}) => {
  await visitor.open();
  await visitor.press("reject-all");
  await visitor.delivered();
  const found = decisions(await server.bundle());
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ action: "reject_all", choices: choices(), language: "fr" });
  expect(found[0]!.decision_id).toBe(visitor.sent[0]!.decision_id);
});

test("a receipt that is not of this log is refused", async ({ visitor, page, server }) => {
  await visitor.open();
  await visitor.press("reject-all");
  await visitor.delivered();
  const receipt = await page.evaluate(() => window.consent.receipt());
  // It now claims another index.
  const at = receipt.indexOf("\n", receipt.indexOf("index")) - 1;
  const other = receipt[at] === "1" ? "2" : "1";
  const forged = receipt.slice(0, at) + other + receipt.slice(at + 1);
  await expect(server.bundle([forged])).rejects.toMatchObject({ code: 1 });
});

test("the second layer gives the receipt as a file that the bundle's check accepts, once the server has answered", async ({
  visitor,
  page,
  server,
}) => {
  const receipt = page.locator("#consent-receipt");
  const open = async () => {
    await page.evaluate(() => window.consent.open());
    await page.locator("#consent-settings-dialog").waitFor();
  };
  await visitor.open();
  await open();
  await expect(receipt).toHaveCount(0); // no choice yet
  await page.keyboard.press("Escape");
  await page.context().setOffline(true);
  await visitor.press("reject-all");
  await open();
  await expect(page.locator("#consent-settings-dialog")).toBeVisible();
  await expect(receipt).toHaveCount(0); // a choice, and no answer yet
  await page.keyboard.press("Escape");
  await page.context().setOffline(false);
  await visitor.delivered();
  await open();
  await expect(receipt).toHaveText("Reçu de mon choix");
  // Beside it: where it is checked.
  await expect(page.locator(`a[href="${server.url}/receipt?lang=fr"]`)).toHaveText(/\/receipt$/);
  const [download] = await Promise.all([page.waitForEvent("download"), receipt.click()]);
  const { decision_id } = visitor.sent[0]!;
  expect(download.suggestedFilename()).toBe(`consent-${decision_id}.tlog-proof`);
  const text = await readFile(await download.path(), "utf8");
  expect(text).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
  expect(text).toBe(await page.evaluate(() => window.consent.receipt()));
  await server.bundle([text]);
});
