/** A group: a link from a site on one domain carries the choice to a site on another. */
import {
  delivered,
  expect,
  granted,
  Names,
  test,
  type BrowserContext,
  type Page,
} from "../support/across.ts";

let names: Names;

test.beforeAll(async () => {
  names = await Names.start(
    port => `
[[site]]
id = "news"
name = "News"
origins = ["http://a.news.test:${port}", "http://b.news.test:${port}"]
cookie_domain = "news.test"
#DECLARED
[[site]]
id = "sport"
name = "Sport"
origins = ["http://www.sport.test:${port}"]
#DECLARED
[[site]]
id = "alone"
origins = ["http://www.alone.test:${port}"]
#DECLARED
[[group]]
id = "press"
sites = ["news", "sport"]
`,
  );
});
test.afterAll(() => names.stop());

/** A page of `news` with a link to `path` of another name. */
async function news(page: Page, to = "www.sport.test", path = "/?q=1#part"): Promise<void> {
  await names.open(page, "news", "a.news.test", {
    body: `<p><a id="away" href="${names.url(to, path)}">away</a> <a id="tab" target="_blank" href="${names.url(to)}">tab</a>`,
  });
}

/** Looks at the link, as somebody does who is about to follow it, until its token is there; then follows it. */
async function follow(
  page: Page,
  how: (page: Page) => Promise<void> = page => page.click("#away"),
): Promise<void> {
  const answered = page.waitForResponse(/handoffs$/);
  await page.hover("#away");
  await (await answered).finished();
  await how(page);
}

const subject = (page: Page): Promise<string | null> => page.evaluate(() => window.consent.get().subject_id);

/** What a page saw of its own address at its beginning, after our script. */
const AFTER = `<script>window.seen = location.href</script><h2 id="part">part</h2>`;

async function visit(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await names.visitor();
  const page = await context.newPage();
  names.serve("sport", "www.sport.test", AFTER);
  names.serve("alone", "www.alone.test");
  return { context, page };
}

test("both layers tell where else the choice counts", async () => {
  const { context, page } = await visit();
  await news(page);
  await expect(page.locator("#consent-body")).toContainText("Your choice also applies on Sport.");
  await page.click("#consent-customise");
  await expect(page.locator("#consent-settings-dialog")).toContainText(
    `Your choice also applies on Sport (www.sport.test:${names.port}).`,
  );
  await context.close();
});

test("a link carries a grant, and then a withdrawal; the address keeps its own fragment and nothing of ours", async () => {
  const { context, page } = await visit();
  await news(page);
  await page.click("#consent-accept-all");
  await delivered(page);
  const origin = await page.evaluate(() => window.consent.get().decision_id);
  await follow(page);
  await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
  await expect.poll(() => granted(page)).toHaveLength(5);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  expect(await page.evaluate(() => (window as unknown as { seen: string }).seen)).toBe(
    names.url("www.sport.test", "/?q=1#part"),
  );
  const records = await names.server.history((await subject(page))!, "sport");
  expect(records).toMatchObject([
    { action: "handoff", handoff: { index: expect.any(Number), site: "news" } },
  ]);
  expect(JSON.stringify(records)).not.toContain(origin);
  await page.reload();
  expect(await granted(page)).toHaveLength(5);

  await news(page);
  // The link is again what the page wrote.
  expect(await page.getAttribute("#away", "href")).toBe(names.url("www.sport.test", "/?q=1#part"));
  await page.evaluate(() => window.consent.withdraw());
  await delivered(page);
  await follow(page);
  await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
  await expect.poll(() => granted(page)).toEqual(["necessary"]);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  expect(await names.server.history((await subject(page))!, "sport")).toHaveLength(2);
  await context.close();
});

test("by the keyboard and into a new tab it works as by a click", async () => {
  for (const how of ["Enter", "tab"]) {
    const { context, page } = await visit();
    await news(page);
    await page.click("#consent-reject-all");
    await delivered(page);
    if (how === "Enter") {
      const answered = page.waitForResponse(/handoffs$/);
      await page.focus("#away");
      await (await answered).finished();
      await page.keyboard.press("Enter");
      await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
      await expect.poll(() => page.evaluate(() => window.consent.get().chosen)).toBe(true);
      await expect(page.locator("#consent-banner")).toHaveCount(0);
    } else {
      const asked: string[] = [];
      context.on(
        "request",
        request => request.url().startsWith(names.url("www.sport.test")) && asked.push(request.url()),
      );
      const opened = context.waitForEvent("page");
      const answered = page.waitForResponse(/handoffs$/);
      await page.hover("#tab");
      await (await answered).finished();
      await page.click("#tab");
      const tab = await opened;
      await tab.waitForURL(names.url("www.sport.test"));
      await expect.poll(() => tab.evaluate(() => window.consent.get().chosen)).toBe(true);
      expect(asked.join()).not.toContain("consent-handoff");
    }
    await context.close();
  }
});

/** The token of a link that somebody looks at. */
async function looked(page: Page): Promise<string> {
  const given = page.waitForResponse(/handoffs$/);
  await page.hover("#away");
  return ((await (await given).json()) as { token: string }).token;
}

test("a stranger's link grants nothing: not as an address, not from elsewhere, not on a page of the group", async () => {
  const { context, page } = await visit();
  await news(page);
  await page.click("#consent-accept-all");
  await delivered(page);
  const address = names.url("www.sport.test", `/#consent-handoff=${await looked(page)}`);
  // Somebody else's browser, who was sent the address.
  const other = await visit();
  const asked: string[] = [];
  other.page.on("request", request => request.method() === "POST" && asked.push(request.postData() ?? ""));
  const refused = async () => {
    await other.page.waitForURL(names.url("www.sport.test"));
    await expect(other.page.locator("#consent-banner")).toBeVisible();
    expect(await granted(other.page)).toEqual(["necessary"]);
  };
  await other.page.goto(address);
  await refused();
  await names.open(other.page, "alone", "www.alone.test", {
    body: `<a id="away" href="${address}">away</a>`,
  });
  await other.page.click("#away");
  await refused();
  // What somebody wrote into a page of the group is taken out before it is followed.
  await names.open(other.page, "news", "a.news.test", { body: `<a id="away" href="${address}">away</a>` });
  await other.page.hover("#away");
  expect(await other.page.getAttribute("#away", "href")).toBe(names.url("www.sport.test"));
  await other.page.click("#away");
  await refused();
  // In a page that is there already, with the right referrer.
  await other.page.evaluate(address => (location.href = address), address);
  await expect.poll(() => other.page.url()).toBe(names.url("www.sport.test"));
  await refused();
  expect(asked.filter(body => body.includes("handoff"))).toEqual([]);
  await other.context.close();
  await context.close();
});

test("what a token denies holds at once, from wherever it comes; if the server is not reached it stays, and the site asks", async () => {
  for (const how of ["address", "hash"]) {
    const { context, page } = await visit();
    names.serve(
      "sport",
      "www.sport.test",
      `<script type="text/plain" data-consent="analytics">window.ran = 1</script>`,
    );
    await page.goto(names.url("www.sport.test"));
    await page.click("#consent-accept-all");
    await delivered(page);
    await news(page);
    await page.click("#consent-reject-all");
    await delivered(page);
    const address = names.url("www.sport.test", `/#consent-handoff=${await looked(page)}`);
    if (how === "hash") await page.goto(names.url("www.sport.test"));
    await page.route("**/v1/sites/sport/decisions", route => route.abort());
    if (how === "hash") await page.evaluate(address => (location.href = address), address);
    else await page.goto(address);
    await expect.poll(() => granted(page)).toEqual(["necessary"]);
    if (how === "address")
      expect(await page.evaluate(() => (window as unknown as { ran?: number }).ran)).toBeUndefined();
    await expect(page.locator("#consent-banner")).toBeVisible();
    await page.reload();
    expect(await granted(page)).toEqual(["necessary"]);
    await expect(page.locator("#consent-banner")).toBeVisible();
    await context.close();
  }
});

test("a stranger's link takes no yes away unnoticed: the site asks, and nothing is recorded", async () => {
  const { context, page } = await visit();
  const stranger = await visit();
  await news(stranger.page);
  // By nobody's word; and by the server's, for a refusal of the stranger's own that another browser asked for.
  const unsigned = async () => "AQH_______8EbmV3cw";
  const signed = async () => {
    await stranger.page.click("#consent-reject-all");
    await delivered(stranger.page);
    const answer = await fetch(`${names.server.url}/v1/sites/news/handoffs`, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "another" },
      body: JSON.stringify({
        decision_id: await stranger.page.evaluate(() => window.consent.get().decision_id),
        to: "sport",
      }),
    });
    return ((await answer.json()) as { token: string }).token;
  };
  for (const [times, token] of [unsigned, signed].entries()) {
    await page.goto(names.url("www.sport.test"));
    await page.click("#consent-accept-all");
    await delivered(page);
    const accepted = (await subject(page))!;
    await names.open(page, "alone", "www.alone.test", {
      body: `<a id="away" href="${names.url("www.sport.test")}#consent-handoff=${await token()}">away</a>`,
    });
    await page.click("#away");
    await page.waitForURL(names.url("www.sport.test"));
    await expect.poll(() => granted(page)).toEqual(["necessary"]);
    await expect(page.locator("#consent-banner")).toBeVisible();
    expect(await names.server.history(accepted, "sport")).toHaveLength(1 + times);
  }
  await page.click("#consent-accept-all");
  await delivered(page);
  await page.reload();
  expect(await granted(page)).toHaveLength(5);
  await stranger.context.close();
  await context.close();
});

test("a withdrawal that the server was not told yet is followed: the other site denies, and asks", async () => {
  const { context, page } = await visit();
  await news(page);
  await page.click("#consent-accept-all");
  await delivered(page);
  await follow(page);
  await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
  await expect.poll(() => granted(page)).toHaveLength(5);
  await news(page);
  await page.route("**/v1/sites/news/decisions", route => route.abort());
  await page.evaluate(() => window.consent.withdraw());
  await page.click("#away");
  await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
  await expect.poll(() => granted(page)).toEqual(["necessary"]);
  await expect(page.locator("#consent-banner")).toBeVisible();
  await context.close();
});

test("a link that carries a grant carries it no more once the visitor has chosen otherwise", async () => {
  const { context, page } = await visit();
  await news(page);
  await page.click("#consent-accept-all");
  await delivered(page);
  const plain = (await page.getAttribute("#away", "href"))!;
  await looked(page);
  await page.click("#away", { button: "right" });
  expect(await page.getAttribute("#away", "href")).not.toBe(plain);
  await page.evaluate(() => window.consent.withdraw());
  expect(await page.getAttribute("#away", "href")).toBe(plain);
  await context.close();
});

test("the menu of a link and its middle button carry a choice too, a script that clicks does not", async () => {
  const { context, page } = await visit();
  await news(page);
  await page.click("#consent-accept-all");
  await delivered(page);
  const plain = (await page.getAttribute("#away", "href"))!;
  await looked(page);
  await page.evaluate(() =>
    document.addEventListener("click", event => {
      event.preventDefault();
      document.title = (event.target as HTMLAnchorElement).href;
    }),
  );
  await page.evaluate(() => document.querySelector<HTMLElement>("#away")!.click());
  expect(await page.title()).toBe(plain);
  await page.click("#away", { button: "right" });
  expect(await page.getAttribute("#away", "href")).toMatch(/#consent-handoff=[\w-]+&part$/);
  const opened = context.waitForEvent("page");
  await page.click("#away", { button: "middle" });
  const tab = await opened;
  // It may be reported while it is empty still, and what is evaluated then breaks off when its page comes.
  await tab.waitForURL(names.url("www.sport.test", "/?q=1#part"));
  await expect.poll(() => granted(tab)).toHaveLength(5);
  expect(await page.getAttribute("#away", "href")).toBe(plain);
  await context.close();
});

test("a newer choice on the other site stays", async () => {
  const { context, page } = await visit();
  await news(page);
  await page.click("#consent-accept-all");
  await delivered(page);
  await page.goto(names.url("www.sport.test"));
  await page.click("#consent-reject-all");
  await delivered(page);
  await news(page);
  await follow(page);
  await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
  await page.waitForTimeout(300);
  expect(await granted(page)).toEqual(["necessary"]);
  expect(await names.server.history((await subject(page))!, "sport")).toHaveLength(1);
  await context.close();
});

test("nothing is granted before the server has answered; the banner waits a second, then asks", async () => {
  const { context, page } = await visit();
  await news(page);
  await page.click("#consent-accept-all");
  await delivered(page);
  let release = (): void => {};
  const held = new Promise<void>(done => (release = done));
  await page.route("**/v1/sites/sport/decisions", async route => {
    await held;
    await route.continue();
  });
  await follow(page);
  await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
  expect(await granted(page)).toEqual(["necessary"]);
  await expect(page.locator("#consent-banner")).toBeHidden();
  await expect(page.locator("#consent-banner")).toBeVisible({ timeout: 3000 });
  expect(await granted(page)).toEqual(["necessary"]);
  release();
  await expect.poll(() => granted(page)).toHaveLength(5);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  await context.close();
});

test("where the server refuses, or can not be reached, the site asks", async () => {
  for (const status of [409, 500, 0]) {
    const { context, page } = await visit();
    await news(page);
    await page.click("#consent-accept-all");
    await delivered(page);
    await page.route("**/v1/sites/sport/decisions", route =>
      status ? route.fulfill({ status, json: { code: "handoff_outdated" } }) : route.abort(),
    );
    await follow(page);
    await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
    await expect(page.locator("#consent-banner")).toBeVisible();
    expect(await granted(page)).toEqual(["necessary"]);
    await context.close();
  }
});

test("without a choice, to a site that is in no group, and without a token in time a link is a link", async () => {
  const { context, page } = await visit();
  const asked: string[] = [];
  page.on("request", request => request.url().endsWith("/handoffs") && asked.push(request.url()));
  await news(page);
  await page.click("#away");
  await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
  await expect(page.locator("#consent-banner")).toBeVisible();
  await news(page, "www.alone.test", "/");
  await page.click("#consent-accept-all");
  await delivered(page);
  await page.click("#away");
  await page.waitForURL(names.url("www.alone.test"));
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(asked).toEqual([]);
  await news(page);
  await page.route("**/handoffs", () => {}); // never answered
  await page.click("#away");
  await page.waitForURL(names.url("www.sport.test", "/?q=1#part"));
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(asked).toHaveLength(1);
  await context.close();
});

test("a choice that waits on the other sub-domain goes too", async () => {
  const { context, page } = await visit();
  await news(page);
  await page.click("#consent-accept-all");
  await delivered(page);
  await names.open(page, "news", "b.news.test", {
    body: `<a id="away" href="${names.url("www.sport.test")}">away</a>`,
  });
  await follow(page);
  await page.waitForURL(names.url("www.sport.test"));
  await expect.poll(() => granted(page)).toHaveLength(5);
  await context.close();
});
