/** The script comes late, or never, or into a page that has other plans. */
import { logs, probe, ran, script, STRICT } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

const TAG = `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script>`;
const FRAME = `<iframe data-consent="functional" data-src="/frame" title="Frame" width="300" height="200"></iframe>`;
const FILES = { "/a.js": logs("a"), "/frame": { body: "<!doctype html><p>frame", type: "text/html" } };

test("a script tag that is not first holds what stands before it", async ({ visitor, page, server }) => {
  await probe(page, server, "", FILES, STRICT, `${TAG}<body>${FRAME}${script()}`);
  await visitor.open("/probe");
  await expect(page.locator(".consent-placeholder")).toHaveCount(1);
  expect(visitor.requested).not.toContain("/a.js");
  await visitor.press("accept-all");
  await expect.poll(() => ran(page)).toEqual(["a"]);
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("frame");
});

test("a script that comes after the page is parsed finds what waits, before a choice and on return", async ({
  visitor,
  page,
  server,
}) => {
  const late = `setTimeout(() => {
    const script = document.createElement("script");
    script.src = "/v1/sites/newsroom/banner.js";
    document.head.append(script);
  }, 100)`;
  await probe(
    page,
    server,
    "",
    { ...FILES, "/late.js": late },
    STRICT,
    `${TAG}<script src="/late.js" defer></script><body>${FRAME}`,
  );
  await visitor.open("/probe");
  await expect(page.locator(".consent-placeholder")).toHaveCount(1);
  await visitor.press("accept-all");
  await visitor.delivered();
  await page.reload();
  await expect.poll(() => ran(page)).toEqual(["a"]);
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("frame");
});

test("the server answers 500 for the script: the page works, nothing that needs consent runs", async ({
  visitor,
  page,
}) => {
  await page.route("**/banner.js", route => route.fulfill({ status: 500, body: "" }));
  await visitor.open();
  await page.waitForTimeout(500);
  await expect(page.locator("h1")).toContainText("Samarcande");
  expect(visitor.thirdParty()).toEqual([]);
  expect(await visitor.cookieNames()).toEqual([]);
  expect(await visitor.storageKeys()).toEqual([]);
});

test("half a script does nothing", async ({ visitor, page, server }) => {
  const whole = await (await fetch(server.url + "/v1/sites/newsroom/banner.js")).text();
  await page.route("**/banner.js", route =>
    route.fulfill({ contentType: "text/javascript", body: whole.slice(0, whole.length / 2) }),
  );
  await visitor.open();
  await page.waitForTimeout(500);
  expect(visitor.thirdParty()).toEqual([]);
  expect(await visitor.cookieNames()).toEqual([]);
  expect(visitor.errors.splice(0).join()).toMatch(/Syntax|Unexpected|Invalid|Unterminated/);
});

for (const declaration of ["var", "const", "function"])
  test(`a page that has a \`${declaration} consent\` of its own keeps it, and has a banner`, async ({
    visitor,
    page,
    server,
  }) => {
    const own = declaration === "function" ? "function consent() {}" : `${declaration} consent = "own";`;
    await probe(
      page,
      server,
      "",
      { ...FILES, "/own.js": own },
      STRICT,
      `<script src="/own.js"></script>${script()}${TAG}`,
    );
    await visitor.open("/probe");
    await visitor.press("accept-all");
    await expect.poll(() => ran(page)).toEqual(["a"]);
  });

test("open() and set() in the head, before there is a body, do what they say", async ({
  visitor,
  page,
  server,
}) => {
  const files = { ...FILES, "/open.js": "consent.open()", "/set.js": `consent.set({ analytics: "grant" })` };
  await probe(page, server, `<script src="/open.js"></script>${TAG}<body><p>x`, files);
  await visitor.open("/probe");
  await expect(page.locator("#consent-settings-dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.locator("#consent-settings-dialog")).toHaveCount(0);
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.unroute(server.url + "/probe*");
  await probe(page, server, `<script src="/set.js"></script>${TAG}<body><p>x`);
  await visitor.open("/probe");
  await expect.poll(() => ran(page)).toEqual(["a"]);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
});

test("cookies that the browser takes and forgets: asked on every page, granted on this one only", async ({
  visitor,
  page,
}) => {
  await page.addInitScript(() =>
    Object.defineProperty(Document.prototype, "cookie", { get: () => "", set: () => {} }),
  );
  await page.route("**/decisions", async route => {
    const response = await route.fetch();
    const { "set-cookie": _, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });
  await visitor.open();
  await visitor.press("accept-all");
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  expect(await visitor.granted()).toHaveLength(5);
  await visitor.delivered();
  // All that this page lets run has been asked for: what is asked for afterwards is the next one's.
  await expect.poll(() => visitor.thirdParty().sort()).toEqual(["mesure.js", "regie.js", "video.html"]);
  visitor.requested.length = 0;
  await page.reload();
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(await visitor.granted()).toEqual(["necessary"]);
  expect(visitor.thirdParty()).toEqual([]);
});
