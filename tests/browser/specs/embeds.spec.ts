/** Frames: a placeholder of the same size in their place until they are granted. */
import { probe } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

test("the placeholder lies exactly over the frame, whatever the width", async ({ visitor, page }) => {
  await visitor.open();
  for (const width of [1280, 700, 360]) {
    await page.setViewportSize({ width, height: 800 });
    // Both at one moment: the page's own letters may still move the frame.
    const boxes = () =>
      page.evaluate(() =>
        ["iframe", ".consent-placeholder"].map(selector => {
          const { x, y, width, height } = document.querySelector(selector)!.getBoundingClientRect();
          return [x, y, width, height].join(" ");
        }),
      );
    await expect.poll(async () => new Set(await boxes()).size).toBe(1);
  }
});

test("the placeholder says what it stands for, from where that comes, and what it waits for", async ({
  visitor,
  page,
  server,
}) => {
  await visitor.open();
  const notice = await (await fetch(server.url + "/v1/sites/newsroom/notice?lang=fr")).json();
  const title = (await page.locator("article iframe").getAttribute("title"))!;
  const placeholder = page.getByRole("group", { name: title });
  await expect(placeholder).toBeVisible();
  await expect(placeholder.locator("strong")).toHaveText(title);
  const { placeholder_body, placeholder_allow, placeholder_once } = notice.texts;
  const fill = (text: string) =>
    text.replace("{host}", new URL(server.url).host).replace("{category}", notice.categories[1].title);
  expect(placeholder_body).toContain("{host}"); // else this test would show nothing
  await expect(placeholder.locator("p")).toHaveText(fill(placeholder_body));
  await expect(placeholder.getByRole("button")).toHaveText([fill(placeholder_once), fill(placeholder_allow)]);
});

test("loaded once, the frame shows, and nothing is recorded or kept; the next page asks again", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  const placeholder = page.locator(".consent-placeholder");
  const place = (selector: string) =>
    page.locator(selector).evaluate(node => {
      const { x, y, width, height } = node.getBoundingClientRect();
      return [x, y + scrollY, width, height];
    });
  const before = await place(".consent-placeholder");
  await placeholder.getByRole("button", { name: "Charger cette fois" }).click();
  await expect(page.frameLocator("iframe").getByRole("button")).toBeVisible();
  await expect(placeholder).toHaveCount(0);
  await expect(page.locator("article iframe")).toBeFocused();
  expect(await place("article iframe")).toEqual(before);
  expect(visitor.thirdParty()).toEqual(["video.html"]);
  expect(visitor.sent).toEqual([]);
  expect(await visitor.consentCookie()).toBeNull();
  expect(await visitor.granted()).toEqual(["necessary"]);
  await expect(page.locator("#consent-banner")).toBeVisible();
  await visitor.open();
  await expect(placeholder).toBeVisible();
});

test("a refusal empties what was loaded once", async ({ visitor, page }) => {
  await visitor.open();
  await page.locator(".consent-placeholder").getByRole("button", { name: "Charger cette fois" }).click();
  await expect(page.frameLocator("iframe").getByRole("button")).toBeVisible();
  await visitor.press("reject-all");
  await expect(page.locator(".consent-placeholder")).toBeVisible();
  await expect.poll(() => page.frames()[1]?.url()).toBe("about:blank");
});

test("its other button grants that category, for good, and nothing else", async ({
  visitor,
  page,
  server,
}) => {
  await visitor.open();
  await page.locator(".consent-placeholder").getByRole("button", { name: "Toujours autoriser" }).click();
  await expect(page.frameLocator("iframe").getByRole("button")).toBeVisible();
  await expect(page.locator(".consent-placeholder")).toHaveCount(0);
  await visitor.delivered();
  expect(visitor.thirdParty()).toEqual(["video.html"]);
  const cookie = (await visitor.consentCookie())!;
  expect(cookie.choices).toBe("03");
  expect((await server.history(cookie.subject!)).map(({ action }) => action)).toEqual(["save"]);
});

test("withdrawn, the frame is emptied and the placeholder is back; Back does not bring it back", async ({
  visitor,
  page,
}) => {
  await visitor.open("/confidentialite.html");
  await visitor.open();
  await visitor.press("accept-all");
  await expect(page.frameLocator("iframe").getByRole("button")).toBeVisible();
  await page.evaluate(() => window.consent.withdraw());
  await expect(page.locator(".consent-placeholder")).toBeVisible();
  await expect.poll(() => page.frames()[1]?.url()).toBe("about:blank");
  expect(await visitor.storageKeys()).not.toContain("video_volume");
  visitor.requested.length = 0;
  await page.goBack();
  await page.waitForTimeout(300);
  expect(visitor.thirdParty()).toEqual([]);
  expect(page.url()).toContain("confidentialite");
});

test("a frame that comes later is held", async ({ visitor, page }) => {
  await visitor.open();
  await page.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.dataset["consent"] = "functional";
    frame.dataset["src"] = "/third-party/video.html?later";
    frame.title = "later";
    document.querySelector("article")!.append(frame);
  });
  await expect(page.locator(".consent-placeholder")).toHaveCount(2);
  expect(visitor.thirdParty()).toEqual([]);
});

test("a frame that was made in another frame, and is of that one's kind, is held like any other", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  await page.waitForLoadState();
  await page.evaluate(() => {
    const other = document.body.appendChild(document.createElement("iframe"));
    const made = other.contentDocument!.createElement("iframe");
    Object.assign(made.dataset, { consent: "functional", src: "/elsewhere" });
    made.title = "Ailleurs";
    document.querySelector("main")!.append(made);
    if (made instanceof HTMLIFrameElement) throw new Error("it is of this page's kind");
  });
  await expect(page.getByRole("group", { name: "Ailleurs" })).toBeVisible();
});

test("a category that does not exist, or an address that is none, stays blocked and stops nothing else", async ({
  visitor,
  page,
  server,
}) => {
  const frame = (words: string, url: string) =>
    `<iframe data-consent="${words}" data-src="${url}" title="${words}" width="300" height="200"></iframe>`;
  await probe(
    page,
    server,
    `<body>${frame("video", "/frame")}${frame("functional", "https://")}${frame(" functional ", "/frame")}`,
    { "/frame": { body: "<!doctype html><p>frame", type: "text/html" } },
  );
  await visitor.open("/probe");
  await expect(page.locator(".consent-placeholder")).toHaveCount(3);
  // Only for now: a category that does not exist can not be granted.
  await expect(page.locator(".consent-placeholder").first().getByRole("button")).toHaveText([
    "Charger cette fois",
  ]);
  await visitor.press("accept-all");
  await expect(page.frameLocator("iframe[title=' functional ']").locator("p")).toHaveText("frame");
  await expect(page.locator(".consent-placeholder")).toHaveCount(1);
});
