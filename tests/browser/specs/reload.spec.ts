/** `reload`: after a withdrawal the page is loaded again if something ran in it that the site can not undo. */
import { expect, policy, test, type Page } from "../support/elsewhere.ts";
import { logs, probe, ran, script } from "../support/probe.ts";

const TAGS =
  `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script>` +
  `<script type="text/plain" data-consent="advertisement" data-src="/b.js"></script><body>`;
const FILES = { "/a.js": logs("a"), "/b.js": logs("b") };

/** Counts how often a page is loaded from here on. */
const loads = (page: Page) => {
  const seen: string[] = [];
  page.on("load", () => seen.push(page.url()));
  return seen;
};

test("what the site names has run: the page is loaded again, once, without it, and the withdrawal is recorded", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await probe(page, server, TAGS, FILES, policy(elsewhere), script("reload"));
  await visitor.open("/probe");
  await visitor.press("accept-all");
  await expect.poll(() => ran(page)).toEqual(["a", "b"]);
  await visitor.delivered();
  const seen = loads(page);
  await page.evaluate(() => window.consent.withdraw());
  await expect.poll(() => seen).toHaveLength(1);
  await page.waitForTimeout(500);
  expect(seen).toHaveLength(1);
  expect(await ran(page)).toEqual([]);
  expect(await visitor.granted()).toEqual(["necessary"]);
  await visitor.delivered();
  const { subject } = (await visitor.consentCookie())!;
  expect((await server.history(subject!, "reload")).map(({ action }) => action)).toEqual([
    "accept_all",
    "withdraw",
  ]);
});

test("another category, or a site that does not ask for it: the page stays", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  for (const [site, choices] of [
    ["reload", { advertisement: "deny" }],
    ["newsroom", { analytics: "deny", advertisement: "deny" }],
  ] as const) {
    await page.context().clearCookies();
    await probe(page, server, TAGS, FILES, policy(elsewhere), script(site));
    await visitor.open("/probe?" + site);
    await visitor.press("accept-all");
    await expect.poll(() => ran(page)).toEqual(["a", "b"]);
    const seen = loads(page);
    await page.evaluate(choices => window.consent.set(choices), choices);
    await page.waitForTimeout(500);
    expect(seen).toEqual([]);
  }
});

test("a script that was granted and never ran is no reason: it is not there, or still loads", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  const slow = { ...FILES, "/a.js": { body: logs("a"), after: 1500 } };
  await page.route("**/gone.js", route => route.fulfill({ status: 404 }));
  const gone = `<script type="text/plain" data-consent="analytics" data-src="/gone.js"></script>`;
  for (const [name, html] of [
    ["slow", TAGS],
    ["gone", gone],
    ["none", "<body>"],
  ] as const) {
    await page.context().clearCookies();
    await probe(page, server, html, slow, policy(elsewhere), script("reload"));
    await visitor.open("/probe?" + name);
    await visitor.press("accept-all");
    await page.waitForTimeout(300);
    const seen = loads(page);
    await page.evaluate(() => window.consent.withdraw());
    await page.waitForTimeout(1800);
    expect(seen, name).toEqual([]);
    expect(await ran(page), name).not.toContain("a");
  }
});

test("a script that nobody marked, of a declared host, counts as well, and so does a service", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await probe(
    page,
    server,
    `<body><script src="${elsewhere.url("video", "/player.js")}"></script>`,
    {},
    policy(elsewhere),
    script("reload"),
  );
  await visitor.open("/probe");
  await visitor.press("customise");
  await page.click("#consent-service-video");
  await visitor.press("save");
  await expect.poll(() => ran(page)).toEqual(["/player.js"]);
  const seen = loads(page);
  await page.evaluate(() => window.consent.withdraw());
  await expect.poll(() => seen).toHaveLength(1);
  expect(await ran(page)).toEqual([]);
});

test("the other tab in which it ran is loaded again too", async ({
  visitor,
  page,
  server,
  elsewhere,
  context,
}) => {
  await probe(page, server, TAGS, FILES, policy(elsewhere), script("reload"));
  await visitor.open("/probe");
  await visitor.press("accept-all");
  await expect.poll(() => ran(page)).toEqual(["a", "b"]);
  const other = await context.newPage();
  await probe(other, server, "<body>", {}, policy(elsewhere), script("reload"));
  await other.goto(server.url + "/probe?other");
  const seen = loads(page);
  await other.evaluate(() => window.consent.withdraw());
  await expect.poll(() => seen).toHaveLength(1);
  await expect.poll(() => ran(page)).toEqual([]);
});

test("no loop, even for a page that withdraws by itself each time in a browser that keeps nothing, where silence counts", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(Document.prototype, "cookie", { get: () => "", set: () => {} });
  });
  const html = TAGS + `<script src="/withdraws.js"></script>`;
  const withdraws = `setTimeout(() => consent.withdraw(), 300)`;
  await probe(
    page,
    server,
    html,
    { ...FILES, "/withdraws.js": withdraws },
    policy(elsewhere),
    script("california", "?region=US-CA"),
  );
  const seen = loads(page);
  await visitor.open("/probe");
  await page.waitForTimeout(2000);
  expect(seen).toHaveLength(1);
});
