/** Attributes of other platforms. */
import { logs, probe, ran, script } from "../support/probe.ts";
import { expect, test } from "../support/tags.ts";

// Each of their words, as it stands in a page, and what of ours it waits for.
const WORDS: [attribute: string, word: string, category: string][] = [
  ...["necessary", "functional", "analytics", "performance", "advertisement"].map(
    word => ["data-category", word, word] as [string, string, string],
  ),
  ["data-category", "functionality", "functional"],
  ["data-category", "preferences", "functional"],
  ["data-category", "ads", "advertisement"],
  ["data-category", "advertising", "advertisement"],
  ["data-category", "marketing", "advertisement"],
  ["data-category", "targeting", "advertisement"],
  ["data-category", "social", "advertisement"],
  ["data-cookieconsent", "necessary", "necessary"],
  ["data-cookieconsent", "preferences", "functional"],
  ["data-cookieconsent", "statistics", "analytics"],
  ["data-cookieconsent", "marketing", "advertisement"],
  ["data-cookieyes", "cookieyes-necessary", "necessary"],
  ["data-cookieyes", "cookieyes-functional", "functional"],
  ["data-cookieyes", "cookieyes-analytics", "analytics"],
  ["data-cookieyes", "cookieyes-performance", "performance"],
  ["data-cookieyes", "cookieyes-advertisement", "advertisement"],
];
const tag = (attribute: string, word: string) =>
  `<script type="text/plain" ${attribute}="${word}" data-service="S" src="/${attribute}/${word}.js"></script>`;
const files = Object.fromEntries(
  WORDS.map(([attribute, word]) => [`/${attribute}/${word}.js`, logs(attribute + " " + word)]),
);
const of = (category: string) =>
  WORDS.filter(([, , ours]) => ours === category || ours === "necessary").map(
    ([attribute, word]) => attribute + " " + word,
  );

for (const category of ["functional", "analytics", "performance", "advertisement"] as const)
  test(`the words of three platforms that mean ${category} wait for it, and no other does`, async ({
    visitor,
    page,
    server,
  }) => {
    const tags = WORDS.map(([attribute, word]) => tag(attribute, word)).join("");
    await probe(page, server, tags + "<body>", files, undefined, script("elsewhere"));
    await visitor.open("/probe");
    await expect.poll(() => ran(page)).toEqual(of("necessary"));
    await page.evaluate(word => window.consent.set({ [word]: "grant" }), category);
    await expect.poll(async () => (await ran(page)).sort()).toEqual(of(category).sort());
    await page.waitForTimeout(200);
    expect((await ran(page)).length).toBe(of(category).length);
  });

test("several words wait for all of them; a word that nobody knows, or a negation, is never granted", async ({
  visitor,
  page,
  server,
}) => {
  const tags =
    `<script type="text/plain" data-cookieconsent="statistics, marketing" src="/both.js"></script>` +
    `<script type="text/plain" data-category="heatmaps" src="/unknown.js"></script>` +
    `<script type="text/plain" data-category="!analytics" src="/negated.js"></script>` +
    `<script type="text/plain" data-cookieyes="" src="/empty.js"></script>`;
  const names = ["both", "unknown", "negated", "empty"];
  const scripts = Object.fromEntries(names.map(name => [`/${name}.js`, logs(name)]));
  await probe(page, server, tags + "<body>", scripts, undefined, script("elsewhere"));
  await visitor.open("/probe");
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual([]);
  await page.evaluate(() => window.consent.set({ advertisement: "grant" }));
  await expect.poll(() => ran(page)).toEqual(["both"]);
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual(["both"]);
});

test("frames of Cookiebot and tags that come later wait as well", async ({ visitor, page, server }) => {
  const frame = `<iframe data-cookieconsent="marketing" data-cookieblock-src="/frame" title="F" width="300" height="200"></iframe>`;
  await probe(
    page,
    server,
    `<body>${frame}`,
    { "/frame": { body: "<!doctype html><p>frame", type: "text/html" }, "/late.js": logs("late") },
    undefined,
    script("elsewhere"),
  );
  await visitor.open("/probe");
  await expect(page.locator(".consent-placeholder")).toHaveCount(1);
  await page.evaluate(() => {
    const late = document.createElement("script");
    late.type = "text/plain";
    late.setAttribute("data-cookieyes", "cookieyes-advertisement");
    late.setAttribute("data-src", "/late.js");
    document.body.append(late);
  });
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual([]);
  await visitor.press("accept-all");
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("frame");
  await expect.poll(() => ran(page)).toEqual(["late"]);
});

test("only what the config names is read", async ({ visitor, page, server }) => {
  const tags =
    tag("data-category", "analytics") +
    tag("data-cookieconsent", "statistics") +
    tag("data-cookieyes", "cookieyes-analytics");
  await probe(page, server, tags + "<body>", files, undefined, script("orestbida"));
  await visitor.open("/probe");
  await visitor.press("accept-all");
  await expect.poll(() => ran(page)).toEqual(["data-category analytics"]);
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual(["data-category analytics"]);
});
