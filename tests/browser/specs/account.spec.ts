/** People who are signed in: what they chose holds on every device on which they are, and only while they are. */
import { createHmac } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { sound } from "../support/axe.ts";
import { expect, granted, Names, test, type BrowserContext, type Page } from "../support/across.ts";

const SECRET = "an example of a test, which everybody knows";
const NAME = "www.news.test";
const output = resolve(import.meta.dirname, "../../../test-output/browser");

let names: Names;

test.beforeAll(async () => {
  names = await Names.start(
    port => `
[[site]]
id = "news"
origins = ["http://www.news.test:${port}"]
[site.account]
secret_file = "account.secret"
[[site.moving_in]]
platform = "klaro"
by = "Example's lawyer"
reason = "The texts and the purposes are the same."
analytics = ["counter"]
[[site.service]]
id = "maps"
category = "functional"
name = "Maps"
purpose = "Shows maps."
vendor = "Mapper"
[[site.vendor]]
category = "functional"
name = "Mapper"
privacy_url = "https://mapper.example/privacy"
#DECLARED
`,
    { "account.secret": SECRET },
  );
});
test.afterAll(() => names.stop());

/** What the site's backend says of somebody who is signed in. */
function tokenOf(account: string, seconds = 3600): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: account, aud: "news", exp })}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

let count = 0;
/** Somebody whom no other test knows. */
const somebody = (): string => `0193-${count++}`;

/** A device with a page of the site; with `account` somebody is signed in. */
async function device(account?: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = await names.visitor();
  const page = await context.newPage();
  await visit(page, account);
  return { context, page };
}

const visit = (page: Page, account?: string, body = ""): Promise<void> =>
  names.open(page, "news", NAME, { account: account === undefined ? "" : tokenOf(account), body });

/** Waits until the server has answered for every choice. */
const delivered = (page: Page) => page.waitForFunction(() => !localStorage.getItem("consent:news"));

/** Waits until it is known here what the account has chosen. */
const known = (page: Page) => page.waitForFunction(() => localStorage.getItem("consent:news:account"));

const cookies = async (context: BrowserContext): Promise<Record<string, string>> =>
  Object.fromEntries((await context.cookies()).map(({ name, value }) => [name, value]));

const subject = (page: Page) => page.evaluate(() => window.consent.get().subject_id);

/** On the next page the server is asked again, and nothing runs before it has answered. */
const later = (page: Page) =>
  page.evaluate(() => {
    const known = JSON.parse(localStorage.getItem("consent:news:account")!);
    localStorage.setItem("consent:news:account", JSON.stringify({ ...known, at: 0 }));
  });

test("a grant, a refusal and a withdrawal hold on the next device, which says so", async () => {
  const account = somebody();
  const first = await device(account);
  await expect(first.page.locator("#consent-body")).toContainText("If you are signed in");
  await first.page.click("#consent-accept-all");
  await delivered(first.page);
  const decision = await first.page.evaluate(() => window.consent.get().decision_id);

  const second = await device(account);
  await expect(second.page.locator("#consent-account")).toContainText("on another device");
  expect(await granted(second.page)).toHaveLength(5);
  await expect(second.page.locator("#consent-banner")).toHaveCount(0);
  // It is the same decision, with its own age, and nothing was recorded for it.
  expect(await second.page.evaluate(() => window.consent.get().decision_id)).toBe(decision);
  expect(await names.server.history((await subject(second.page))!, "news")).toHaveLength(1);
  expect(await second.page.evaluate(() => window.consent.receipt())).toContain("c2sp.org/tlog-proof");
  // It is said once, and not again on the next page.
  await visit(second.page, account);
  expect(await granted(second.page)).toHaveLength(5);
  await expect(second.page.locator("#consent-account")).toHaveCount(0);

  await second.page.evaluate(() => window.consent.withdraw());
  await delivered(second.page);
  await later(first.page);
  await visit(first.page, account);
  await expect.poll(() => granted(first.page)).toEqual(["necessary"]);
  expect(
    (await names.server.history((await subject(first.page))!, "news")).map(({ action }) => action),
  ).toEqual(["accept_all", "withdraw"]);
  await first.context.close();
  await second.context.close();
});

test("what a device holds for whoever is not signed in stays as it was", async () => {
  const account = somebody();
  const elsewhere = await device(account);
  await elsewhere.page.click("#consent-reject-all");
  await delivered(elsewhere.page);

  const { context, page } = await device();
  await page.click("#consent-accept-all");
  await delivered(page);
  const own = (await cookies(context))["consent"];
  await visit(page, account);
  await known(page);
  expect(await granted(page)).toEqual(["necessary"]);
  expect((await cookies(context))["consent"]).toBe(own);
  // A choice of theirs does not touch it either, nor does the answer of the server.
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await delivered(page);
  expect((await cookies(context))["consent"]).toBe(own);
  expect(await granted(page)).toEqual(["necessary", "analytics"]);
  // Signed out.
  await visit(page);
  expect(await granted(page)).toHaveLength(5);
  // A page that said nobody is has left nothing of them.
  await visit(page);
  expect(await granted(page)).toHaveLength(5);
  expect(await cookies(context)).toEqual({ consent: own });
  expect(await page.evaluate(() => localStorage.getItem("consent:news:account"))).toBe(null);
  await context.close();
  await elsewhere.context.close();
});

test("nothing runs before it is known what who is signed in chose, whatever this device allows", async () => {
  const account = somebody();
  const elsewhere = await device(account);
  await elsewhere.page.click("#consent-reject-all");
  await delivered(elsewhere.page);
  await elsewhere.context.close();

  const { context, page } = await device();
  await page.click("#consent-accept-all");
  await delivered(page);
  const tag = `<script type="text/plain" data-consent="analytics">window.ran = true</script>`;
  let answer = () => {};
  const held = new Promise<void>(done => (answer = done));
  await page.route(/\/account$/, async route => {
    await held;
    await route.continue();
  });
  await visit(page, account, tag);
  await page.waitForLoadState("load");
  expect(await granted(page)).toEqual(["necessary"]);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  answer();
  await known(page);
  expect(await granted(page)).toEqual(["necessary"]);
  expect(await page.evaluate(() => "ran" in window)).toBe(false);
  // And without an account it runs as ever.
  await visit(page, undefined, tag);
  await page.waitForFunction(() => "ran" in window);
  await context.close();
});

test("where the server can not be reached, or the token is over, nothing runs, and what is chosen then is theirs", async () => {
  const account = somebody();
  const elsewhere = await device(account);
  await elsewhere.page.click("#consent-accept-all");
  await delivered(elsewhere.page);
  await elsewhere.context.close();

  const { context, page } = await device();
  await page.click("#consent-accept-all");
  await delivered(page);
  const own = (await cookies(context))["consent"];
  const told = page.waitForEvent("console", message => message.text().includes("account_expired"));
  await names.open(page, "news", NAME, { account: tokenOf(account, -60) });
  await told;
  expect(await granted(page)).toEqual(["necessary"]);
  // The answer does not come: a withdrawal counts all the same, here and for the account.
  await page.route(/\/account$/, route => route.abort());
  await visit(page, account);
  expect(await granted(page)).toEqual(["necessary"]);
  await page.evaluate(() => window.consent.withdraw());
  await delivered(page);
  await page.unroute(/\/account$/);
  await visit(page, account);
  await page.waitForFunction(() => JSON.parse(localStorage.getItem("consent:news:account")!).at > 0);
  expect(await granted(page)).toEqual(["necessary"]);
  const history = await names.server.history((await subject(page))!, "news");
  expect(history.map(({ action }) => action)).toEqual(["accept_all", "withdraw"]);
  expect((await cookies(context))["consent"]).toBe(own);
  await context.close();
});

test("a refusal that is still on its way holds when its account comes back, whatever the server says of it", async () => {
  const account = somebody();
  const { context, page } = await device(account);
  await page.click("#consent-accept-all");
  await delivered(page);
  await page.route(/\/decisions$/, route => route.abort());
  await page.evaluate(() => window.consent.withdraw());
  for (const who of [undefined, account, account]) {
    await visit(page, who);
    await page.waitForTimeout(300);
    if (who) expect(await granted(page)).toEqual(["necessary"]);
  }
  await page.unroute(/\/decisions$/);
  await visit(page, account);
  await delivered(page);
  await page.waitForFunction(() => JSON.parse(localStorage.getItem("consent:news:account")!).at >= 0);
  expect(await granted(page)).toEqual(["necessary"]);
  await context.close();
});

test("what was granted here long ago waits for the server, and what both grant stays on the device meanwhile", async () => {
  const account = somebody();
  const { context, page } = await device(account);
  await page.click("#consent-accept-all");
  await delivered(page);
  await page.evaluate(() => (document.cookie = "visits=1;Path=/"));
  let answer = () => {};
  const held = new Promise<void>(done => (answer = done));
  await page.route(/\/account$/, async route => {
    await held;
    await route.continue();
  });
  await later(page);
  await visit(page, account);
  await page.waitForLoadState("load");
  expect(await granted(page)).toEqual(["necessary"]);
  expect((await cookies(context))["visits"]).toBe("1");
  answer();
  await expect.poll(() => granted(page)).toHaveLength(5);
  expect((await cookies(context))["visits"]).toBe("1");
  await expect(page.locator("#consent-account")).toHaveCount(0);
  await context.close();
});

test("a refusal whose token was over is recorded as it was with the next one, and holds meanwhile", async () => {
  const account = somebody();
  const { context, page } = await device();
  await page.click("#consent-accept-all");
  await delivered(page);
  // The page has been open for longer than its token was good.
  await visit(page, account);
  await known(page);
  await later(page);
  const over = page.waitForEvent("console", message => message.text().includes("account_expired"));
  await page.evaluate(token => void window.consent.account!(token), tokenOf(account, -60));
  await over;
  const refused = page.waitForEvent("console", message => message.text().includes("refused"));
  await page.evaluate(() => window.consent.withdraw());
  await refused;
  const decision = await page.evaluate(() => window.consent.get().decision_id);
  await later(page);
  await visit(page, account);
  await page.waitForFunction(() => JSON.parse(localStorage.getItem("consent:news:account")!).at > 0);
  expect(await granted(page)).toEqual(["necessary"]);
  expect(await names.server.history((await subject(page))!, "news")).toMatchObject([
    { action: "withdraw", decision_id: decision },
  ]);
  await context.close();
});

test("a clock that is ahead does not bring a grant back that was withdrawn elsewhere", async () => {
  const account = somebody();
  const first = await names.visitor();
  const page = await first.newPage();
  await page.clock.install({ time: Date.now() + 300_000 });
  await visit(page, account);
  await page.click("#consent-accept-all");
  await delivered(page);
  const second = await device(account);
  await expect.poll(() => granted(second.page)).toHaveLength(5);
  await second.page.evaluate(() => window.consent.withdraw());
  await delivered(second.page);
  await later(page);
  await visit(page, account);
  await page.waitForFunction(() => JSON.parse(localStorage.getItem("consent:news:account")!).at > 0);
  expect(await granted(page)).toEqual(["necessary"]);
  expect(await names.server.history((await subject(page))!, "news")).toHaveLength(2);
  await first.close();
  await second.context.close();
});

test("an account that was erased holds nothing on its devices, and is not recorded again", async () => {
  const account = somebody();
  const { context, page } = await device(account);
  await page.click("#consent-accept-all");
  await delivered(page);
  const id = (await subject(page))!;
  const erased = await fetch(`${names.server.url}/v1/sites/news/subjects/${id}`, {
    method: "DELETE",
    headers: { authorization: "Bearer " + (await names.server.token()) },
  });
  expect(erased.ok).toBe(true);
  await later(page);
  await visit(page, account);
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(await granted(page)).toEqual(["necessary"]);
  expect(await names.server.history(id, "news")).toHaveLength(0);
  expect((await cookies(context))["consent-account"]).toBe("0");
  await context.close();
});

test("two tabs of an account without a choice follow the first one that is made", async () => {
  const account = somebody();
  const { context, page } = await device(account);
  await known(page);
  const other = await context.newPage();
  await visit(other, account);
  await expect(other.locator("#consent-banner")).toBeVisible();
  await page.bringToFront();
  await page.click("#consent-accept-all");
  await delivered(page);
  await expect(other.locator("#consent-banner")).toHaveCount(0);
  expect(await granted(other)).toHaveLength(5);
  await context.close();
});

test("what another platform asked this browser is not what an account chose", async () => {
  const account = somebody();
  const { context, page } = await device();
  await context.addCookies([
    { name: "klaro", value: encodeURIComponent('{"counter":true}'), url: names.url(NAME) },
  ]);
  await visit(page, account);
  await known(page);
  expect(await granted(page)).toEqual(["necessary"]);
  await visit(page);
  await expect.poll(() => granted(page)).toEqual(["necessary", "analytics"]);
  await context.close();
});

test("two accounts in two tabs do not follow each other", async () => {
  const [one, two] = [somebody(), somebody()];
  const { context, page } = await device(one);
  await page.click("#consent-reject-all");
  await delivered(page);
  const other = await context.newPage();
  await visit(other, two);
  await other.click("#consent-accept-all");
  await delivered(other);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  expect(await granted(page)).toEqual(["necessary"]);
  await page.evaluate(() => window.consent.set({ functional: "grant" }));
  await delivered(page);
  // That took the one cookie. Who is signed in now is asked about, and not given what the other one chose.
  await visit(other, two);
  await expect.poll(() => granted(other)).toHaveLength(5);
  await visit(page, one);
  await expect.poll(() => granted(page)).toEqual(["necessary", "functional"]);
  await context.close();
});

test("an account without a choice follows the device's, its services and its withdrawal in another tab too", async () => {
  const { context, page } = await device();
  await page.click("#consent-customise");
  await page.locator("#consent-service-maps").check();
  await page.click("#consent-save");
  await delivered(page);
  const other = await context.newPage();
  await visit(other, somebody());
  await known(other);
  await expect.poll(() => other.evaluate(() => window.consent.allows("maps"))).toBe(true);
  await page.evaluate(() => window.consent.withdraw());
  await delivered(page);
  await other.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  expect(await other.evaluate(() => window.consent.allows("maps"))).toBe(false);
  await context.close();
});

test("who has chosen nothing as an account keeps what the device has, and is not asked again", async () => {
  const account = somebody();
  const { context, page } = await device();
  await page.click("#consent-reject-all");
  await delivered(page);
  const own = (await cookies(context))["consent"];
  await visit(page, account);
  await known(page);
  await expect(page.locator("#consent-banner, #consent-account")).toHaveCount(0);
  // What they choose now is theirs.
  await page.evaluate(() => window.consent.set({ functional: "grant" }));
  await delivered(page);
  const other = await device(account);
  await expect(other.page.locator("#consent-account")).toBeVisible();
  expect(await granted(other.page)).toEqual(["necessary", "functional"]);
  expect((await cookies(context))["consent"]).toBe(own);
  await other.context.close();
  await context.close();
});

test("a service that was granted by itself is granted on the next device", async () => {
  const account = somebody();
  const first = await device(account);
  await first.page.click("#consent-customise");
  await first.page.locator("#consent-service-maps").check();
  await first.page.click("#consent-save");
  await delivered(first.page);
  const second = await device(account);
  await expect(second.page.locator("#consent-account")).toBeVisible();
  expect(await second.page.evaluate(() => window.consent.allows("maps"))).toBe(true);
  expect(await granted(second.page)).toEqual(["necessary"]);
  await visit(second.page);
  expect(await second.page.evaluate(() => window.consent.allows("maps"))).toBe(false);
  await visit(second.page);
  expect(Object.keys(await cookies(second.context))).toEqual([]);
  await first.context.close();
  await second.context.close();
});

test("a page without a document for each view says by itself who is signed in and out", async () => {
  const [account, other] = [somebody(), somebody()];
  const elsewhere = await device(account);
  await elsewhere.page.click("#consent-accept-all");
  await delivered(elsewhere.page);

  const { context, page } = await device();
  await page.evaluate(token => window.consent.account!(token), tokenOf(account));
  expect(await granted(page)).toHaveLength(5);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  // Another person, who has chosen nothing: neither has the device, so they are asked.
  await page.evaluate(token => window.consent.account!(token), tokenOf(other));
  expect(await granted(page)).toEqual(["necessary"]);
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.click("#consent-reject-all");
  await delivered(page);
  await page.evaluate(token => window.consent.account!(token), tokenOf(account));
  await page.evaluate(() => window.consent.account!(null));
  await expect(page.locator("#consent-account")).toHaveCount(0);
  expect(await page.evaluate(() => window.consent.get().chosen)).toBe(false);
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(await cookies(context)).toEqual({});
  await context.close();
  await elsewhere.context.close();
});

test("a withdrawal without a connection is recorded when there is one, though the token has expired by then", async () => {
  const account = somebody();
  const first = await device(account);
  await first.page.click("#consent-accept-all");
  await delivered(first.page);
  await names.open(first.page, "news", NAME, { account: tokenOf(account, 3) });
  await first.page.route(/\/decisions$/, route => route.abort());
  await first.page.evaluate(() => window.consent.withdraw());
  await first.page.waitForTimeout(4_000);
  await first.page.unroute(/\/decisions$/);
  // Signed out meanwhile.
  await visit(first.page);
  await delivered(first.page);
  const second = await device(account);
  await expect(second.page.locator("#consent-account")).toBeVisible();
  expect(await granted(second.page)).toEqual(["necessary"]);
  await first.context.close();
  await second.context.close();
});

test("another tab in which nobody is signed in keeps to the device", async () => {
  const account = somebody();
  const { context, page } = await device();
  await page.click("#consent-reject-all");
  await delivered(page);
  const other = await context.newPage();
  await visit(other, account);
  await known(other);
  await other.evaluate(() => window.consent.set({ analytics: "grant" }));
  await delivered(other);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  expect(await granted(page)).toEqual(["necessary"]);
  await page.evaluate(() => window.consent.set({ functional: "grant" }));
  await delivered(page);
  await other.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  expect(await granted(other)).toEqual(["necessary", "analytics"]);
  await context.close();
});

test("the token is out of other scripts' sight, and the box can be read and left by everybody", async () => {
  const account = somebody();
  const first = await device(account);
  await first.page.click("#consent-accept-all");
  await delivered(first.page);
  const second = await device(account);
  expect(await second.page.locator("[data-account]").count()).toBe(0);
  const box = second.page.locator("#consent-account");
  await mkdir(output, { recursive: true });
  await expect(box).toHaveRole("status");
  for (const [width, colorScheme] of [
    [360, "light"],
    [1280, "dark"],
  ] as const) {
    await second.page.setViewportSize({ width, height: 640 });
    await second.page.emulateMedia({ colorScheme });
    await sound(second.page, `at ${width}`, "#consent-account");
    await second.page.screenshot({ path: `${output}/account-${width}-${colorScheme}.png` });
  }
  await second.page.locator("#consent-account-open").focus();
  await second.page.keyboard.press("Enter");
  await expect(second.page.locator("#consent-settings-dialog")).toBeVisible();
  await expect(box).toHaveCount(0);
  await first.context.close();
  await second.context.close();
});
