/** `cookie_domain`: one choice on all sub-domains, in one cookie. */
import { delivered, expect, granted, Names, test, type BrowserContext } from "../support/across.ts";

let names: Names;

test.beforeAll(async () => {
  names = await Names.start(port => {
    const origins = ["a.news.test", "b.news.test", "deep.b.news.test", "news.test"];
    return `
[[site]]
id = "news"
origins = [${origins.map(name => `"http://${name}:${port}"`).join(", ")}]
cookie_domain = "news.test"
#DECLARED
[[site]]
id = "apart"
origins = ["http://a.apart.test:${port}", "http://b.apart.test:${port}"]
#DECLARED`;
  });
});
test.afterAll(() => names.stop());

const kept = async (context: BrowserContext) =>
  (await context.cookies())
    .filter(({ name }) => name === "consent")
    .map(({ domain, value }) => `${domain} ${value.split(".")[1]}`)
    .sort();

test("a choice on one sub-domain is known on the others, without a banner and after no longer than it holds", async () => {
  const context = await names.visitor();
  const page = await context.newPage();
  await names.open(page, "news", "a.news.test");
  await page.click("#consent-accept-all");
  await delivered(page);
  expect(await kept(context)).toEqual([".news.test 1f"]);
  for (const name of ["b.news.test", "deep.b.news.test", "news.test"]) {
    await names.open(page, "news", name);
    expect(await granted(page), name).toHaveLength(5);
    await expect(page.locator("#consent-banner")).toHaveCount(0);
  }
  const [cookie] = await context.cookies();
  expect(cookie!.expires - Date.now() / 1000).toBeGreaterThan(179.9 * 86400);
  expect(cookie!.expires - Date.now() / 1000).toBeLessThanOrEqual(180 * 86400);
  await context.close();
});

test("a withdrawal holds on the next page of another sub-domain, and in its open tab when it is looked at", async () => {
  const context = await names.visitor();
  const [one, other] = [await context.newPage(), await context.newPage()];
  await names.open(one, "news", "a.news.test");
  await one.click("#consent-accept-all");
  await names.open(other, "news", "b.news.test");
  expect(await granted(other)).toHaveLength(5);
  await one.evaluate(() => window.consent.withdraw());
  await delivered(one);
  expect(await kept(context)).toEqual([".news.test 01"]);
  await other.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  expect(await granted(other)).toEqual(["necessary"]);
  await names.open(other, "news", "deep.b.news.test");
  expect(await granted(other)).toEqual(["necessary"]);
  expect(await kept(context)).toEqual([".news.test 01"]);
  await context.close();
});

test("what a host kept for itself before is cleaned up: the newer counts, whichever it is", async () => {
  for (const newer of ["host", "domain", "between"] as const)
    for (const bits of ["01", "1f"]) {
      const context = await names.visitor();
      const page = await context.newPage();
      await names.open(page, "news", "deep.b.news.test");
      await page.click("#consent-accept-all");
      await delivered(page);
      const [cookie] = await context.cookies();
      const fields = cookie!.value.split(".");
      const of = (choices: string, decision: string) =>
        [fields[0], choices, ...fields.slice(2, 5), decision].join(".");
      // The same but for the last character of its time: a millisecond and more apart.
      const [older, later] = ["AZMk9mAAcACAAQIDBAUGBw", "AZMk9mABcACAAQIDBAUGBw"];
      const other = bits === "01" ? "1f" : "01";
      const value = (where: string) => (where === newer ? of(bits, later) : of(other, older));
      // A page that goes keeps what was chosen on it.
      await page.goto("about:blank");
      await context.clearCookies();
      const { url } = names;
      await context.addCookies([
        { name: "consent", value: value("host"), url: url("deep.b.news.test"), sameSite: "Lax" },
        { name: "consent", value: value("domain"), domain: ".news.test", path: "/", sameSite: "Lax" },
        { name: "consent", value: value("between"), domain: ".b.news.test", path: "/", sameSite: "Lax" },
      ]);
      await names.open(page, "news", "deep.b.news.test");
      expect(await kept(context), `${newer} ${bits}`).toEqual([`.news.test ${bits}`]);
      expect(await granted(page)).toHaveLength(bits === "1f" ? 5 : 1);
      await context.close();
    }
});

test("a choice that a host kept before the config had a domain moves to it, with the time that it has left", async () => {
  const context = await names.visitor();
  const page = await context.newPage();
  await names.open(page, "news", "a.news.test");
  await page.click("#consent-accept-all");
  await delivered(page);
  const fields = (await context.cookies())[0]!.value.split(".");
  const tenDaysAgo = Math.floor(Date.now() / 1000) - 10 * 86400;
  fields[2] = tenDaysAgo.toString(36);
  await page.goto("about:blank");
  await context.clearCookies();
  await context.addCookies([{ name: "consent", value: fields.join("."), url: names.url("a.news.test") }]);
  await names.open(page, "news", "a.news.test");
  expect(await kept(context)).toEqual([".news.test 1f"]);
  const [moved] = await context.cookies();
  expect(Math.abs(moved!.expires - (tenDaysAgo + 180 * 86400))).toBeLessThan(60);
  await names.open(page, "news", "b.news.test");
  expect(await granted(page)).toHaveLength(5);
  await context.close();
});

test("a late answer to an older choice does not bring it back, on any sub-domain", async () => {
  const context = await names.visitor();
  const page = await context.newPage();
  await names.open(page, "news", "a.news.test");
  await page.click("#consent-accept-all");
  await delivered(page);
  const old = (await context.cookies())[0]!;
  await page.evaluate(() => window.consent.withdraw());
  await delivered(page);
  await context.addCookies([old]);
  await page.evaluate(() => dispatchEvent(new Event("pagehide")));
  expect(await kept(context)).toEqual([".news.test 01"]);
  await names.open(page, "news", "b.news.test");
  expect(await granted(page)).toEqual(["necessary"]);
  await context.close();
});

test("without a domain each host keeps its own choice, and asks", async () => {
  const context = await names.visitor();
  const page = await context.newPage();
  await names.open(page, "apart", "a.apart.test");
  await page.click("#consent-accept-all");
  await delivered(page);
  expect(await kept(context)).toEqual(["a.apart.test 1f"]);
  await names.open(page, "apart", "b.apart.test");
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(await granted(page)).toEqual(["necessary"]);
  await context.close();
});

test("a page that is not under the domain keeps its choice for itself", async () => {
  const context = await names.visitor();
  const page = await context.newPage();
  // The server's own name always may, so a copy for tests works, as if there were no domain.
  await names.open(page, "news", "consent.test");
  await page.click("#consent-accept-all");
  await delivered(page);
  expect(await kept(context)).toEqual(["consent.test 1f"]);
  await context.close();
});
