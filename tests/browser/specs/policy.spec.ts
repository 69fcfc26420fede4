/** Strict content policies: the script needs nothing but `'self'`, and one Trusted Types policy if any. */
import { logs, probe, ran, STRICT } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

test("the newsroom's pages carry the strict policy, and nothing breaks it", async ({ visitor, page }) => {
  const answer = await page.goto(visitor.server.url + "/");
  const policy = answer!.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("style-src 'self'");
  expect(policy).not.toContain("unsafe");
  await visitor.press("customise");
  await visitor.press("accept-all");
  await expect.poll(() => visitor.ran()).toHaveLength(3);
  expect(await page.locator("[style]").count()).toBe(0);
  // The fixture asks that there be no violation, and no request to another host.
});

for (const names of ["", " trusted-types consent;", " trusted-types consent other;"])
  test(`under require-trusted-types-for 'script';${names} scripts are released`, async ({
    visitor,
    page,
    server,
  }) => {
    const policy = `${STRICT}; require-trusted-types-for 'script';${names}`;
    const html =
      `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script><body>` +
      `<iframe data-consent="functional" data-src="/frame" title="Frame"></iframe>`;
    const frame = { body: "<!doctype html><p>frame", type: "text/html" };
    await probe(page, server, html, { "/a.js": logs("a"), "/frame": frame }, policy);
    await visitor.open("/probe");
    await visitor.press("customise");
    await visitor.press("accept-all");
    await expect.poll(() => ran(page)).toEqual(["a"]);
    await expect(page.frameLocator("iframe").locator("p")).toHaveText("frame");
  });

test("the whole newsroom works under Trusted Types", async ({ visitor, page, server }) => {
  await page.route(server.url + "/", async route => {
    const response = await route.fetch();
    const headers = { ...response.headers() };
    headers["content-security-policy"] += "; require-trusted-types-for 'script'";
    await route.fulfill({ response, headers });
  });
  await visitor.open();
  await visitor.press("accept-all");
  await expect.poll(() => visitor.ran()).toHaveLength(3);
});
