/** Microsoft, Meta, Pinterest and TikTok: the consent call comes before the first command, and again with each choice. */
import { probe, script } from "../support/probe.ts";
import { abroad, expect, policy, test, type Page } from "../support/tags.ts";

// As the vendors' own snippets make their queues: these two do nothing if their function is there already.
const SNIPPETS = `
(() => {
  window.order = [];
  const counted = name => (...command) => order.push([name, ...command]);
  if (!window.fbq) {
    const n = (window.fbq = function () { n.callMethod ? n.callMethod(...arguments) : n.queue.push([...arguments]); });
    n.push = n; n.queue = []; n.made = true;
  }
  fbq("init", "1"); fbq("track", "PageView");
  if (!window.pintrk) {
    window.pintrk = function () { window.pintrk.queue.push([...arguments]); };
    const n = window.pintrk; n.queue = []; n.made = true;
  }
  pintrk("load", "1"); pintrk("page");
  const ttq = (window.ttq = window.ttq || []);
  for (const method of ["page", "holdConsent", "grantConsent", "revokeConsent"])
    ttq[method] = (...rest) => ttq.push([method, ...rest]);
  ttq.page();
  window.uetq = window.uetq || [];
  window.uetq.push("event", "page_view", {});
  window.clarity = window.clarity || function () { (window.clarity.q ||= []).push(arguments); };
  window.clarity("set", "page", "1");
})();`;

const queues = (page: Page) =>
  page.evaluate(() => {
    const all = window as unknown as Record<string, { queue: unknown[]; q: IArguments[] } & unknown[]>;
    return {
      meta: all["fbq"]!.queue,
      pinterest: all["pintrk"]!.queue,
      tiktok: [...all["ttq"]!],
      uet: [...all["uetq"]!],
      clarity: all["clarity"]!.q.map(command => [...command]),
    };
  });
const uet = (kind: string, word: string) => ["consent", kind, { ad_storage: word }];
const clarity = (ad: string, analytics: string) => [
  "consentv2",
  { ad_Storage: ad, analytics_Storage: analytics },
];

/** What each is told of a page whose visitor has not chosen, and what the page asks of it. */
const BEFORE = {
  meta: [
    ["consent", "revoke"],
    ["init", "1"],
    ["track", "PageView"],
  ],
  pinterest: [["setconsent", false], ["load", "1"], ["page"]],
  tiktok: [["holdConsent"], ["page"]],
  uet: [...uet("default", "denied"), "event", "page_view", {}],
  clarity: [clarity("denied", "denied"), ["set", "page", "1"]],
};

test("each is told what holds before its first command, and of each choice once", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, `<script src="/snippets.js"></script><body>`, { "/snippets.js": SNIPPETS });
  await visitor.open("/probe");
  expect(await queues(page)).toEqual(BEFORE);
  await visitor.press("customise");
  await visitor.toggle("analytics");
  await visitor.press("save");
  const mixed = {
    meta: [...BEFORE.meta, ["consent", "revoke"]],
    pinterest: [...BEFORE.pinterest, ["setconsent", false]],
    tiktok: [...BEFORE.tiktok, ["revokeConsent"]],
    uet: [...BEFORE.uet, ...uet("update", "denied")],
    clarity: [...BEFORE.clarity, clarity("denied", "granted")],
  };
  expect(await queues(page)).toEqual(mixed);
  await page.evaluate(() => window.consent.set({ analytics: "deny", advertisement: "grant" }));
  const granted = {
    meta: [...mixed.meta, ["consent", "grant"]],
    pinterest: [...mixed.pinterest, ["setconsent", true]],
    tiktok: [...mixed.tiktok, ["grantConsent"]],
    uet: [...mixed.uet, ...uet("update", "granted")],
    clarity: [...mixed.clarity, clarity("granted", "denied")],
  };
  expect(await queues(page)).toEqual(granted);

  // On the next page what was granted is told before the first command.
  await visitor.delivered();
  await page.reload();
  expect(await queues(page)).toEqual({
    meta: [
      ["consent", "grant"],
      ["init", "1"],
      ["track", "PageView"],
    ],
    pinterest: [["setconsent", true], ["load", "1"], ["page"]],
    tiktok: [["holdConsent"], ["grantConsent"], ["page"]],
    uet: [...uet("default", "denied"), ...uet("update", "granted"), "event", "page_view", {}],
    clarity: [clarity("granted", "denied"), ["set", "page", "1"]],
  });
  await page.evaluate(() => window.consent.withdraw());
  const after = await queues(page);
  expect(after.meta.at(-1)).toEqual(["consent", "revoke"]);
  expect(after.pinterest.at(-1)).toEqual(["setconsent", false]);
  expect(after.tiktok.at(-1)).toEqual(["revokeConsent"]);
  expect(after.uet.slice(-3)).toEqual(uet("update", "denied"));
  expect(after.clarity.at(-1)).toEqual(clarity("denied", "denied"));
});

abroad(
  "what arrives at their servers, and when: nothing but a no before the choice, the choice once, and first of all on return",
  async ({ visitor, page, server, tags }) => {
    // Their programs come whenever they come: here after a moment, from another origin.
    const theirs = `<script async src="${tags.url}/pixels.js"></script>`;
    const html = `<script src="/snippets.js"></script>${theirs}<body>`;
    await probe(page, server, html, { "/snippets.js": SNIPPETS }, policy(tags));
    const told = (from: string, vendor: string) =>
      (tags.told(from) as unknown[][]).filter(([name]) => name === vendor).map(([, ...words]) => words);
    const arrived = (from = "") =>
      Object.fromEntries(
        ["meta", "pinterest", "tiktok", "uet", "clarity"].map(vendor => [vendor, told(from, vendor)]),
      );
    await visitor.open("/probe");
    const before = { ...BEFORE, uet: [BEFORE.uet] }; // its queue arrives as one
    await expect.poll(() => arrived()).toEqual(before);
    await visitor.press("accept-all");
    const after = {
      meta: [...before.meta, ["consent", "grant"]],
      pinterest: [...before.pinterest, ["setconsent", true]],
      tiktok: [...before.tiktok, ["grantConsent"]],
      uet: [...before.uet, uet("update", "granted")],
      clarity: [...before.clarity, clarity("granted", "granted")],
    };
    await expect.poll(() => arrived()).toEqual(after);
    await visitor.delivered();
    expect(arrived()).toEqual(after);

    await visitor.open("/probe?again");
    const snippet = {
      meta: before.meta.slice(1),
      pinterest: before.pinterest.slice(1),
      tiktok: before.tiktok.slice(1),
      clarity: before.clarity.slice(1),
    };
    await expect
      .poll(() => arrived("?again"))
      .toEqual({
        meta: [["consent", "grant"], ...snippet.meta],
        pinterest: [["setconsent", true], ...snippet.pinterest],
        tiktok: [["holdConsent"], ["grantConsent"], ...snippet.tiktok],
        uet: [[...uet("default", "denied"), ...uet("update", "granted"), "event", "page_view", {}]],
        clarity: [clarity("granted", "granted"), ...snippet.clarity],
      });
    await page.evaluate(() => window.consent.withdraw());
    const last = () => Object.values(arrived("?again")).map(told => told.at(-1));
    await expect
      .poll(last)
      .toEqual([
        ["consent", "revoke"],
        ["setconsent", false],
        ["revokeConsent"],
        uet("update", "denied"),
        clarity("denied", "denied"),
      ]);
    expect(tags.requested).toEqual(["/pixels.js", "/pixels.js"]);
  },
);

test("a tag that is there before the script is told at once", async ({ visitor, page, server }) => {
  await probe(
    page,
    server,
    "<body>",
    { "/snippets.js": SNIPPETS },
    undefined,
    `<script src="/snippets.js"></script>${script()}`,
  );
  await visitor.open("/probe");
  const { meta, pinterest } = await queues(page);
  expect(meta.at(-1)).toEqual(["consent", "revoke"]);
  expect(pinterest.at(-1)).toEqual(["setconsent", false]);
});

test("a site that tells nobody puts nothing of theirs into the page", async ({ visitor, page, server }) => {
  await probe(page, server, "<body>", {}, undefined, script("orestbida"));
  await visitor.open("/probe");
  await visitor.press("accept-all");
  expect(
    await page.evaluate(() =>
      ["dataLayer", "uetq", "clarity", "fbq", "pintrk", "ttq"].filter(name => name in window),
    ),
  ).toEqual([]);
  const text = await (await fetch(server.url + "/v1/sites/orestbida/banner.js")).text();
  expect(text).not.toMatch(/dataLayer|uetq|consentv2|setconsent|holdConsent/);
});
