/** `block = ["document_write"]`: what other scripts write into the page while it is parsed. */
import { expect, policy, test, type Elsewhere } from "../support/elsewhere.ts";
import { logs, probe, ran, script } from "../support/probe.ts";

const writes = (elsewhere: Elsewhere, name = "stats") => `
const own = trustedTypes.createPolicy("app", { createHTML: text => text });
const host = "${elsewhere.url(name)}";
document.write(own.createHTML('<p id="one">1</p><SCRIPT type="text/javascript" src="' + host + '/first.js"><\\/script>'));
document.write(own.createHTML("<script async src=" + host + "/second.js?a=1&amp;b><\\/script><script src='/own.js'><\\/script>"));
document.writeln(own.createHTML('<img alt="a > b" src="' + host + '/pixel.gif" srcset="' + host + '/more.gif 2x">'));
document.write(own.createHTML('<iframe title="Film" width="300" height="200" src="${elsewhere.url("video")}/film.html"></iframe><p id="two">2</p>'));
`;
const FILES = (elsewhere: Elsewhere, name?: string) => ({
  "/writes.js": writes(elsewhere, name),
  "/own.js": logs("own"),
});
const HTML = `<body><script src="/writes.js"></script><p id="end">`;

test("scripts and frames of denied hosts wait, pixels are not asked for; granted, they run and load", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await probe(page, server, HTML, FILES(elsewhere), policy(elsewhere), script("write"));
  await visitor.open("/probe");
  await expect(page.locator("#one ~ #two ~ #end")).toHaveCount(1);
  await page.waitForTimeout(400);
  expect(await ran(page)).toEqual(["own"]);
  expect(elsewhere.asked).toEqual([]);
  await expect(page.locator(".consent-placeholder")).toHaveCount(1);
  await page.evaluate(() => window.consent.set({ analytics: "grant", functional: "grant" }));
  await expect.poll(() => ran(page)).toHaveLength(3);
  expect((await ran(page)).slice(0, 2)).toEqual(["own", "/first.js"]);
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("/film.html");

  // On return the page is written as it was meant, and what is written runs where it stands.
  await visitor.delivered();
  await page.reload();
  await expect.poll(() => ran(page)).toHaveLength(3);
  expect((await ran(page)).filter(name => !name.includes("second"))).toEqual(["/first.js", "own"]);
  expect(elsewhere.asked).toContain("stats /pixel.gif");
});

test("what is written of other hosts is written as it is", async ({ visitor, page, server, elsewhere }) => {
  await probe(page, server, HTML, FILES(elsewhere, "other"), policy(elsewhere), script("write"));
  await visitor.open("/probe");
  await expect.poll(() => ran(page)).toHaveLength(3);
  expect(elsewhere.asked).toContain("other /second.js?a=1&b");
});

test("a site that switches it off has none of it", async ({ visitor, page, server, elsewhere }) => {
  await probe(page, server, HTML, FILES(elsewhere), policy(elsewhere), script("open"));
  await visitor.open("/probe");
  await expect.poll(() => ran(page)).toHaveLength(3);
  expect(await ran(page)).toContain("/first.js");
  expect(await page.evaluate(() => /native code/.test(String(document.write)))).toBe(true);
});

test("under a list of policies without ours such a text is not written, and the page goes on", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  const listed = policy(elsewhere) + "; trusted-types consent app";
  await probe(page, server, HTML, FILES(elsewhere), listed, script("write"));
  await visitor.open("/probe");
  await expect(page.locator("#end")).toHaveCount(1);
  await page.waitForTimeout(300);
  expect(elsewhere.asked).toEqual([]);
  await visitor.press("accept-all");
  expect(visitor.violations.every(text => text.startsWith("trusted-types"))).toBe(true);
  expect(visitor.violations.length).toBeGreaterThan(0);
  visitor.violations.length = 0;
});
