/** `block = ["storage"]`: cookies and storage keys that scripts write under names of denied categories. */
import { expect, policy, test, type Page } from "../support/elsewhere.ts";
import { probe, script } from "../support/probe.ts";

/** Writes under declared names and others, by every way there is. */
const write = (page: Page) =>
  page.evaluate(async () => {
    document.cookie = "_stats=1; Path=/; Max-Age=9999";
    document.cookie = "  _stats_id = 2;expires=Fri, 01 Jan 2100 00:00:00 GMT";
    document.cookie = "_stats_twice=3; max-age=0; max-age=99";
    document.cookie = "other=4; Path=/";
    localStorage.setItem("volume", "5");
    localStorage.setItem("_stats", "6"); // a cookie's name
    sessionStorage.setItem("stats-visit", "7");
    sessionStorage.setItem("volume", "8"); // a name of the other storage
    const { cookieStore } = window as unknown as {
      cookieStore?: { set(name: unknown, value?: string): Promise<void> };
    };
    await cookieStore?.set("_stats_store", "9");
    await cookieStore?.set({ name: "_stats_stored", value: "10" });
    await cookieStore?.set("other_store", "11");
  });
const kept = async (page: Page) => ({
  cookies: (await page.context().cookies())
    .map(({ name }) => name)
    .filter(name => !name.startsWith("consent")),
  local: await page.evaluate(() => Object.keys(localStorage).filter(key => !key.startsWith("consent"))),
  session: await page.evaluate(() => Object.keys(sessionStorage)),
});
const sorted = (all: Awaited<ReturnType<typeof kept>>) =>
  Object.fromEntries(Object.entries(all).map(([kind, names]) => [kind, [...names].sort()]));

test("what is declared and denied is not kept; anything else is; granted, all is; withdrawn, none again", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  // No cookie store on an origin without https: then the browser has none, and nothing stands before it.
  await probe(page, server, "<body>", {}, policy(elsewhere), script("storage"));
  await visitor.open("/probe");
  const secure = await page.evaluate(() => "cookieStore" in window);
  const others = {
    cookies: ["other", ...(secure ? ["other_store"] : [])],
    local: ["_stats"],
    session: ["volume"],
  };
  await write(page);
  expect(sorted(await kept(page))).toEqual(others);

  await visitor.press("customise");
  await visitor.toggle("analytics");
  await visitor.press("save");
  await write(page);
  const stats = ["_stats", "_stats_id", "_stats_twice"];
  const stored = secure ? ["_stats_store", "_stats_stored"] : [];
  expect(sorted(await kept(page))).toEqual({
    cookies: [...stats, ...stored, ...others.cookies].sort(),
    local: ["_stats"], // the service was not granted
    session: ["stats-visit", "volume"],
  });

  await page.evaluate(() => window.consent.set({ functional: "grant" }));
  await write(page);
  expect((await kept(page)).local.sort()).toEqual(["_stats", "volume"]);

  await page.evaluate(() => window.consent.withdraw());
  await write(page);
  expect(sorted(await kept(page))).toEqual(others);
});

test("whoever deletes is let through", async ({ visitor, page, server, elsewhere, context }) => {
  await probe(page, server, "<body>", {}, policy(elsewhere), script("storage"));
  await visitor.open("/probe");
  const deletions = [
    "_stats=; Max-Age=0",
    "_stats=; expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "_stats=;max-age=-1",
    "_stats=; expires=Thu, 01-Jan-70 00:00:01 GMT",
  ];
  for (const text of deletions) {
    await context.addCookies([{ name: "_stats", value: "old", url: server.url + "/probe" }]);
    expect(await page.evaluate(() => document.cookie)).toContain("_stats=old");
    await page.evaluate(text => (document.cookie = text + "; Path=/"), text);
    expect(await page.evaluate(() => document.cookie)).not.toContain("_stats");
  }
  // What this browser would set all the same.
  const seeming = [
    "_stats=1; Max-Age=0x",
    "_stats=1; Max-Age=\u00a00",
    "_stats=1; expires=Fri, 01-Jan-60 00:00:00 GMT",
    "_stats=1; expires=" + new Date(Date.now() + 3_600_000).toUTCString().replace("GMT", "+0200"),
  ];
  for (const text of seeming) {
    await page.evaluate(text => (document.cookie = text), text);
    expect(await page.evaluate(() => document.cookie), text).not.toContain("_stats");
  }
});

test("a site that switches it off only deletes afterwards", async ({ visitor, page, server, elsewhere }) => {
  await probe(page, server, "<body>", {}, policy(elsewhere), script("open"));
  await visitor.open("/probe");
  await write(page);
  expect((await kept(page)).cookies).toContain("_stats");
  await page.reload();
  expect((await kept(page)).cookies).not.toContain("_stats");
});
