/** Where a choice is kept, how long it holds, and who else follows it. */
import { expect, test } from "../support/test.ts";

test("other tabs follow at once", async ({ visitor, page, context, server }) => {
  await visitor.open();
  const other = await context.newPage();
  await other.goto(server.url + "/");
  await expect(other.locator("#consent-banner")).toBeVisible();
  await visitor.press("accept-all");
  await expect(other.locator("#consent-banner")).toHaveCount(0);
  await expect(other.locator("#ran li")).toHaveCount(3);
  await other.evaluate(() => window.consent.withdraw());
  await expect(page.locator(".consent-placeholder")).toBeVisible();
  await expect.poll(() => visitor.granted()).toEqual(["necessary"]);
  await other.close();
});

test("the subject stays the same across choices, the decision does not", async ({ visitor, page }) => {
  await visitor.open();
  await visitor.press("reject-all");
  const first = (await visitor.consentCookie())!;
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  // The answer to the first choice may put that one into the cookie once more, until the script has seen it.
  await expect.poll(async () => (await visitor.consentCookie())!.decision).not.toBe(first.decision);
  expect((await visitor.consentCookie())!.subject).toBe(first.subject);
});

test("a choice that is too old asks again, grants nothing, and ticks nothing in advance", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  await visitor.press("customise");
  await visitor.toggle("analytics");
  await visitor.press("save");
  await visitor.delivered();
  const { value } = (await visitor.consentCookie())!;
  const fields = value.split(".");
  fields[2] = (parseInt(fields[2]!, 36) - 3 * 366 * 86400).toString(36);
  await page.context().addCookies([{ name: "consent", value: fields.join("."), url: visitor.server.url }]);
  visitor.requested.length = 0;
  await page.reload();
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(await visitor.granted()).toEqual(["necessary"]);
  expect(visitor.thirdParty()).toEqual([]);
  await visitor.press("customise");
  await expect(page.locator("#consent-toggle-analytics")).not.toBeChecked();
  await expect(page.locator("#consent-toggle-advertisement")).not.toBeChecked();
});

test("a choice under a notice that asked for something else asks again", async ({ visitor, page }) => {
  await visitor.open();
  await visitor.press("accept-all");
  await visitor.delivered();
  const fields = (await visitor.consentCookie())!.value.split(".");
  fields[3] = "AAAAAAAAAAAA";
  await page.context().addCookies([{ name: "consent", value: fields.join("."), url: visitor.server.url }]);
  visitor.requested.length = 0;
  await page.reload();
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.waitForTimeout(300);
  expect(visitor.thirdParty()).toEqual([]);
  expect(await visitor.cookieNames()).toEqual(["consent"]); // what had been set before is deleted
});

test("a cookie that does not parse is no consent", async ({ visitor, page }) => {
  for (const value of ["true", "1.1f.t9q2ko.AAAAAAAAAAAA.x.y", ""]) {
    await page.context().addCookies([{ name: "consent", value, url: visitor.server.url }]);
    await visitor.open();
    await expect(page.locator("#consent-banner")).toBeVisible();
    expect(await visitor.granted()).toEqual(["necessary"]);
  }
  expect(visitor.thirdParty()).toEqual([]);
});

test("without storage and cookies: denied, the page works, a choice holds as long as the page", async ({
  visitor,
  page,
}) => {
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException("disabled", "SecurityError");
    };
    if (!location.pathname.startsWith("/third-party")) {
      Object.defineProperty(window, "localStorage", { get: refuse });
      Object.defineProperty(window, "sessionStorage", { get: refuse });
      Object.defineProperty(document, "cookie", { get: refuse, set: refuse });
    }
  });
  await page.route("**/page.js", route => route.fulfill({ contentType: "text/javascript", body: "" }));
  await visitor.open();
  expect(await visitor.granted()).toEqual(["necessary"]);
  await page.evaluate(() => window.consent.set({ functional: "grant" }));
  expect(await visitor.granted()).toEqual(["necessary", "functional"]);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  await expect.poll(() => visitor.sent.length).toBe(1);
});

test("GPC is told to the server and grants nothing", async ({ visitor, page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
  await visitor.open();
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(await visitor.granted()).toEqual(["necessary"]);
  await visitor.press("reject-all");
  await visitor.delivered();
  expect(visitor.sent[0]).toMatchObject({ signals: { gpc: true }, page: "/", language: "fr" });
});

test("window.consent: reads, listens, and gives the receipt", async ({ visitor, page }) => {
  await visitor.open();
  const heard = await page.evaluate(async () => {
    const consent = await window.consent.ready;
    const said: string[] = [];
    const stop = consent.on("change", ({ choices }) => said.push("on " + choices.analytics));
    document.addEventListener("consent:change", ({ detail }) =>
      said.push("event " + detail.choices.analytics),
    );
    consent.set({ analytics: "grant" });
    stop();
    consent.withdraw();
    return [...said, String(consent.allows("analytics")), String(consent.get().chosen)];
  });
  expect(heard.sort()).toEqual(["event deny", "event grant", "false", "on grant", "true"]);
  await visitor.delivered();
  const receipt = await page.evaluate(() => window.consent.receipt());
  expect(receipt).toContain("tlog-proof");
});

test("two cookies of one name, of the host and of its parent domain: the newer choice holds, and nobody is asked again", async ({
  visitor,
  page,
  server,
}) => {
  await visitor.open();
  await visitor.press("accept-all");
  await visitor.delivered();
  const older = (await visitor.consentCookie())!.value;
  await page.evaluate(() => window.consent.withdraw());
  await visitor.delivered();
  const newer = (await visitor.consentCookie())!.value;
  const host = server.url.replace("127.0.0.1", "www.paper.localhost");
  for (const [own, parent, granted] of [
    [older, newer, 1],
    [newer, older, 1],
    [older, older, 5],
  ] as const) {
    await page.goto("about:blank"); // a page that goes writes down the newest choice that it knows
    await page.context().clearCookies();
    await page.context().addCookies([
      { name: "consent", value: own, domain: "www.paper.localhost", path: "/" },
      { name: "consent", value: parent, domain: ".paper.localhost", path: "/" },
    ]);
    await page.goto(host + "/");
    await expect(page.locator("h1")).toBeVisible();
    expect(await visitor.granted()).toHaveLength(granted);
    await expect(page.locator("#consent-banner")).toHaveCount(0);
  }
  expect(visitor.foreign.every(url => url.startsWith(host))).toBe(true);
  visitor.foreign.length = 0;
});

test("what a denied category left behind is deleted, under every path and parent domain", async ({
  visitor,
  page,
  server,
}) => {
  const host = server.url.replace("127.0.0.1", "www.paper.localhost"); // the browser itself knows where that is
  const left = { name: "_mesure_id", value: "1", expires: Date.now() / 1000 + 3600 };
  await page.context().addCookies([
    { ...left, domain: "www.paper.localhost", path: "/" },
    { ...left, domain: "www.paper.localhost", path: "/third-party" },
    { ...left, domain: ".paper.localhost", path: "/" },
    { ...left, domain: ".www.paper.localhost", path: "/third-party/" },
    { name: "own", value: "1", domain: ".paper.localhost", path: "/" },
  ]);
  await page.goto(host + "/third-party/video.html");
  expect(await visitor.cookieNames()).toHaveLength(5);
  await page.addScriptTag({ url: "/v1/sites/newsroom/banner.js" });
  await expect.poll(() => visitor.cookieNames()).toEqual(["own"]);
  expect(visitor.foreign.every(url => url.startsWith(host))).toBe(true);
  visitor.foreign.length = 0;
});
