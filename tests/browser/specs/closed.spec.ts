/** Whatever keeps the visitor from choosing grants nothing, and the page works. */
import { logs, probe, ran } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

const TAG = `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script>`;
const FRAME = `<iframe data-consent="functional" data-src="/frame" title="Frame" width="300" height="200"></iframe>`;
const FILES = { "/a.js": logs("a"), "/frame": { body: "<!doctype html><p>frame", type: "text/html" } };

test("a banner that a blocker hides by a rule of its own is no consent, and the page can be used", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, `${TAG}<body><button id="own">x</button>${FRAME}`, FILES);
  await visitor.open("/probe");
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('[id^="consent"] { display: none !important }');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  });
  await expect(page.locator("#consent-banner")).toBeHidden();
  await page.click("#own"); // nothing lies over it
  await page.mouse.wheel(0, 2000);
  await page.waitForTimeout(500);
  expect(await ran(page)).toEqual([]);
  expect(visitor.requested.filter(path => path in FILES)).toEqual([]);
  expect(await visitor.cookieNames()).toEqual([]);
  expect(visitor.sent).toEqual([]);
});

test("a banner that is removed from the page is no consent, and link and script still lead to the choices", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, `${TAG}<body><a href="#consent-settings">Cookies</a>${FRAME}`, FILES);
  await visitor.open("/probe");
  await page.evaluate(() => document.getElementById("consent-banner")!.remove());
  await page.waitForTimeout(300);
  expect(await visitor.granted()).toEqual(["necessary"]);
  expect(await visitor.cookieNames()).toEqual([]);
  await page.click("a");
  await visitor.press("accept-all");
  await expect.poll(() => ran(page)).toEqual(["a"]);
});

test("a script that a blocker keeps from loading: nothing runs, and nothing waits for it", async ({
  visitor,
  page,
}) => {
  await page.route("**/banner.js", route => route.abort("blockedbyclient"));
  await visitor.open();
  await page.waitForTimeout(500);
  await expect(page.locator("h1")).toContainText("Samarcande");
  expect(visitor.thirdParty()).toEqual([]);
  expect(await visitor.cookieNames()).toEqual([]);
  expect(await visitor.storageKeys()).toEqual([]);
});

for (const [what, from, to] of [
  ["no notice", '"notice":{', '"notice":null,"other":{'],
  ["no categories", '"categories":[', '"other":['],
  ["no rules", '"rules":[', '"other":['],
  ["rules that nobody knows", '"opt_in"', '"maybe"'],
  ["no list of older notices", '"also":', '"other":'],
  ["no texts", '"texts":{', '"other":{'],
] as const)
  test(`settings that are broken (${what}): the page works, and nothing that needs consent runs`, async ({
    visitor,
    page,
    server,
  }) => {
    const sent = await (await fetch(server.url + "/v1/sites/newsroom/banner.js")).text();
    const broken = sent.replaceAll(from, to);
    expect(broken).not.toBe(sent);
    await page.route("**/banner.js", route =>
      route.fulfill({ contentType: "text/javascript", body: broken }),
    );
    await probe(
      page,
      server,
      `${TAG}<body><button id="own">x</button>${FRAME}<script src="/own.js"></script>`,
      {
        ...FILES,
        "/own.js": `document.getElementById("own").onclick = () => { ${logs("own")} };`,
      },
    );
    await visitor.open("/probe");
    await page.click("#own");
    await page.waitForTimeout(300);
    expect(await ran(page)).toEqual(["own"]);
    expect(visitor.requested.filter(path => path in FILES)).toEqual([]);
    expect(await visitor.cookieNames()).toEqual([]);
    expect(visitor.sent).toEqual([]);
    visitor.errors.length = 0; // that something is wrong may be said
  });
