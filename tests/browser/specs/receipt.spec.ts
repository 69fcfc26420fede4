/** The page on which a visitor checks a receipt: in the browser, and sent nowhere. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { sound } from "../support/axe.ts";
import { expect, test, type Page, type Visitor } from "../support/test.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser");

/** Makes a choice, and gives back its receipt. */
async function choose(visitor: Visitor, path = "/"): Promise<string> {
  await visitor.open(path);
  await visitor.press("customise");
  await visitor.toggle("analytics");
  await visitor.press("save");
  await visitor.delivered();
  return visitor.page.evaluate(() => window.consent.receipt());
}

async function openPage(visitor: Visitor, language = "fr"): Promise<void> {
  await visitor.open("/receipt?lang=" + language);
  await visitor.page.locator("html[data-ready]").waitFor();
}

const file = (text: string) => ({
  name: "consent.tlog-proof",
  mimeType: "text/plain",
  buffer: Buffer.from(text, "utf8"),
});

const give = (page: Page, text: string) => page.setInputFiles("#file", file(text));

for (const language of ["fr", "en"])
  for (const width of [360, 1280])
    for (const colorScheme of ["light", "dark"] as const)
      test(`a receipt is shown in plain words: ${language}, ${width} px, ${colorScheme}`, async ({
        visitor,
        page,
      }) => {
        await mkdir(output, { recursive: true });
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize({ width, height: 800 });
        const receipt = await choose(visitor, "/?lang=" + language);
        await openPage(visitor, language);
        await sound(page);
        const name = `${output}/receipt-${language}-${width}-${colorScheme}`;
        await page.screenshot({ path: name + "-empty.png" });
        await give(page, receipt);
        const holds = page.locator(".holds");
        await expect(holds).toContainText(language === "fr" ? "Le reçu est valable" : "The receipt holds");
        await expect(page.locator("#result")).toBeFocused();
        const choices = await page.locator(".choices li").allInnerTexts();
        const [yes, no] = language === "fr" ? ["accordé", "refusé"] : ["granted", "denied"];
        expect(choices.map(line => line.split(/\s+/).at(-1))).toEqual([yes, no, yes, no, no]);
        for (const text of ["newsroom", "localhost/newsroom/20", (await visitor.consentCookie())!.subject!])
          await expect(holds).toContainText(text);
        await sound(page);
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
          "nothing scrolls sideways",
        ).toBeLessThanOrEqual(0);
        await page.screenshot({ path: name + ".png", fullPage: true });
      });

test("the file goes nowhere, however it comes: chosen, dropped or pasted", async ({ visitor, page }) => {
  const receipt = await choose(visitor);
  await openPage(visitor);
  const before = visitor.requested.length;
  await page.context().setOffline(true);
  const holds = page.locator(".holds");
  await give(page, receipt);
  await expect(holds).toBeVisible();
  await give(page, receipt.replace("index", "indes"));
  await expect(holds).toHaveCount(0);
  const data = await page.evaluateHandle(text => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "consent.tlog-proof"));
    return transfer;
  }, receipt);
  await page.dispatchEvent(".drop", "drop", { dataTransfer: data });
  await expect(holds).toBeVisible();
  await page.fill("#pasted", "c2sp.org");
  await page.click("button.button");
  await expect(page.locator(".refused")).toBeVisible();
  await page.fill("#pasted", receipt);
  await page.click("button.button");
  await expect(holds).toBeVisible();
  expect(visitor.requested.slice(before)).toEqual([]);
  expect(await visitor.storageKeys()).toEqual([]);
});

test("a receipt with one byte changed does not hold, wherever the byte is", async ({ visitor, page }) => {
  test.setTimeout(120_000);
  const receipt = Buffer.from(await choose(visitor), "utf8");
  await openPage(visitor);
  const held: number[] = [];
  for (let at = 0; at < receipt.length; at += 23) {
    const flipped = Buffer.from(receipt);
    flipped[at]! ^= 1;
    await page.evaluate(() => document.querySelector("#result")!.replaceChildren());
    await page.setInputFiles("#file", { name: "x.tlog-proof", mimeType: "text/plain", buffer: flipped });
    await page.locator("#result > *").waitFor();
    if (await page.locator(".holds").count()) held.push(at);
  }
  expect(held).toEqual([]);
  await page.setInputFiles("#file", { name: "x.tlog-proof", mimeType: "text/plain", buffer: receipt });
  await expect(page.locator(".holds")).toBeVisible();
});

test("an auditor who does not trust the server brings the key", async ({ visitor, page }) => {
  const receipt = await choose(visitor);
  await openPage(visitor, "en");
  await page.click("summary");
  const own = await page.inputValue("#keys");
  expect(own).toMatch(/^localhost\/newsroom\/20\d\d\+[0-9a-f]{8}\+/);
  await page.fill("#keys", "");
  await give(page, receipt);
  await expect(page.locator(".unknown")).toContainText("none of the keys is that of its log");
  await expect(page.locator(".holds")).toHaveCount(0);
  await sound(page);
  await mkdir(output, { recursive: true });
  await page.screenshot({ path: `${output}/receipt-unknown-key.png`, fullPage: true });
  await page.fill("#keys", "nonsense\n" + own);
  await give(page, receipt);
  await expect(page.locator(".holds")).toBeVisible();
  await expect(page.locator("#keys-said")).toContainText("1");
});

test("by keyboard alone: every control is reached, in order, and shows that it is", async ({
  visitor,
  page,
}) => {
  await openPage(visitor, "en");
  const stops: string[] = [];
  for (let stop = 0; stop < 5; stop++) {
    await page.keyboard.press("Tab");
    stops.push(
      await page.evaluate(() => {
        const at = document.activeElement!;
        const shown = at.id === "file" ? document.querySelector(".drop .button")! : at;
        return `${at.tagName} ${at.id} ${getComputedStyle(shown).outlineStyle}`.toLowerCase();
      }),
    );
  }
  expect(stops).toEqual([
    "a  solid",
    "input file solid",
    "textarea pasted solid",
    "button  solid",
    "summary  solid",
  ]);
});

test("a browser that can not check says so, and what to do", async ({ visitor, page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(SubtleCrypto.prototype, "importKey", {
      value: () => Promise.reject(new DOMException("no", "NotSupportedError")),
    });
  });
  await openPage(visitor, "en");
  await expect(page.locator("main")).toContainText("can not check Ed25519");
  await expect(page.locator("main")).toContainText("consent verify --receipt");
  await expect(page.locator("#file")).toHaveCount(0);
  await sound(page);
});

test("the notice that the receipt names is one click away, as it was shown", async ({ visitor, page }) => {
  const receipt = await choose(visitor);
  await openPage(visitor, "en");
  await give(page, receipt);
  await page.click(".holds a");
  await expect(page.locator("h1")).toContainText("What visitors of newsroom were shown");
  await expect(page.locator("#consent-banner")).toBeVisible(); // also for somebody who has chosen: it reads nothing
  const sent = visitor.sent.length;
  await page.click("#consent-accept-all");
  await page.waitForTimeout(300);
  expect(visitor.sent).toHaveLength(sent);
});
