/** The example of an application in one page: views come and go, the script and what it released stay. */
import { join } from "node:path";
import { expect, test, type Page } from "../support/test.ts";

const examples = join(import.meta.dirname, "../../../examples");
test.use({ config: join(examples, "single-page/consent.toml"), locale: "en-GB" });

const runs = (page: Page) =>
  page.evaluate(() => (window as unknown as { counterRuns?: number }).counterRuns ?? 0);
const counted = (page: Page) =>
  page.evaluate(() => (window as unknown as { counted?: string[] }).counted ?? []);

test("over twenty views there is one banner, and the script that it releases runs once", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  for (let round = 0; round < 10; round++) {
    await page.click('nav a:text-is("Film")');
    await page.click('nav a:text-is("Visits")');
  }
  await expect(page.locator("#consent-banner")).toHaveCount(1);
  expect(await runs(page)).toBe(0);
  await visitor.press("accept-all");
  await expect.poll(() => runs(page)).toBe(1);
  await expect(page.locator("main p")).toHaveText("Visits are counted.");
  for (const view of ["Film", "Home", "Visits"]) await page.click(`nav a:text-is("${view}")`);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  expect(await runs(page)).toBe(1);
  await expect.poll(() => counted(page)).toEqual(["/#/visits", "/#/film", "/#/", "/#/visits"]);
});

test("a view's frame brings its placeholder and takes it along; granted, it loads in each view that has it", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  for (let round = 0; round < 3; round++) {
    await page.click('nav a:text-is("Film")');
    await expect(page.locator(".consent-placeholder")).toHaveCount(1);
    await page.click('nav a:text-is("Home")');
    await expect(page.locator(".consent-placeholder")).toHaveCount(0);
  }
  await page.click('nav a:text-is("Film")');
  await page.click('.consent-placeholder [id$="-allow"]');
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("A film about tramways.");
  await page.click('nav a:text-is("Home")');
  await page.click('nav a:text-is("Film")');
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("A film about tramways.");
});

test("views that are gone hear nothing: as many calls for a choice as there are views that listen", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  await page.evaluate(() => {
    const listening = window as unknown as { listening: number };
    listening.listening = 0;
    const { on } = window.consent;
    Object.assign(window.consent, {
      on: (event: "change", listener: () => void) => {
        listening.listening++;
        const stop = on(event, listener);
        return () => (listening.listening--, stop());
      },
    });
  });
  const go = async (view: string) => {
    await page.click(`nav a:text-is("${view}")`);
    await expect(page.locator("h1")).toHaveText(view); // the address changes first, the view after it
  };
  const listening = () => page.evaluate(() => (window as unknown as { listening: number }).listening);
  const home = (await page.locator("h1").textContent())!;
  for (let round = 0; round < 10; round++) {
    await go("Visits");
    await page.click('nav a:text-is("Home")');
    await expect(page.locator("h1")).toHaveText(home);
  }
  expect(await listening()).toBe(0);
  await go("Visits");
  expect(await listening()).toBe(1);
});

test("the way back is an address that the router leaves alone", async ({ visitor, page }) => {
  await visitor.open("/#/visits");
  await visitor.press("reject-all");
  await page.click('nav a:text-is("Cookies")');
  await expect(page.locator("#consent-settings-dialog")).toBeVisible();
  await expect(page.locator("h1")).toHaveText("Visits");
  await visitor.toggle("analytics");
  await visitor.press("save");
  await expect(page.locator("main p")).toHaveText("Visits are counted.");
});
