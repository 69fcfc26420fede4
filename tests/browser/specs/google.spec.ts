/** Google's consent mode: what a tag on another origin is told, and when. */
import { logs, probe, ran, script } from "../support/probe.ts";
import { abroad as test, expect, policy, type Tags, type Told } from "../support/tags.ts";

const ALL = ["ad_storage", "ad_user_data", "ad_personalization", "analytics_storage"];
const OTHERS = ["functionality_storage", "personalization_storage"];

/** The seven states, of which these are granted. */
const states = (...granted: string[]) => ({
  ...Object.fromEntries(
    [...ALL, ...OTHERS].map(name => [name, granted.includes(name) ? "granted" : "denied"]),
  ),
  security_storage: "granted",
});
const command = (...words: unknown[]) => ({ command: words });
const update = (...granted: string[]) => command("consent", "update", states(...granted));
const event = (...granted: string[]) => ({
  item: {
    event: "consent_update",
    consent: Object.fromEntries(
      ["necessary", "functional", "analytics", "performance", "advertisement"].map(category => [
        category,
        ["necessary", ...granted].includes(category) ? "grant" : "deny",
      ]),
    ),
  },
});
const START: Told[] = [
  command("consent", "default", { ...states(), wait_for_update: 500 }),
  command("consent", "default", { ...states(), region: ["FR", "US-CA"], wait_for_update: 500 }),
  command("set", "ads_data_redaction", true),
];
const GRANTED = [...ALL, ...OTHERS];

const tag = (tags: Tags) => `<script data-queue="dataLayer" src="${tags.url}/gtag.js"></script>`;

for (const { choice, press, granted, words } of [
  {
    choice: "accept",
    press: ["accept-all"],
    granted: GRANTED,
    words: ["functional", "analytics", "performance", "advertisement"],
  },
  { choice: "refuse", press: ["reject-all"], granted: [], words: [] },
  {
    choice: "analytics alone",
    press: ["customise", "toggle-analytics", "save"],
    granted: ["analytics_storage"],
    words: ["analytics"],
  },
  {
    choice: "performance alone",
    press: ["customise", "toggle-performance", "save"],
    granted: [],
    words: ["performance"],
  },
  {
    choice: "advertisement alone",
    press: ["customise", "toggle-advertisement", "save"],
    granted: ["ad_storage", "ad_user_data", "ad_personalization"],
    words: ["advertisement"],
  },
])
  test(`a tag right behind the script is told the default first, then one update: ${choice}`, async ({
    visitor,
    page,
    server,
    tags,
  }) => {
    await probe(page, server, "<body>", {}, policy(tags), script() + tag(tags));
    await visitor.open("/probe");
    await expect.poll(() => tags.told()).toEqual(START);
    for (const id of press) await visitor.press(id);
    const after = [...START, update(...granted), event(...words)];
    await expect.poll(() => tags.told()).toEqual(after);
    await visitor.delivered();
    expect(tags.told()).toEqual(after);

    // The next page is told at once, before the tag has anything else to say.
    await visitor.open("/probe?again");
    await expect.poll(() => tags.told("?again")).toEqual(after);

    // And a withdrawal, or a refusal once more, is one more update.
    await page.evaluate(() => window.consent.withdraw());
    await expect.poll(() => tags.told("?again")).toEqual([...after, update(), event()]);
  });

test("on a cold cache, with our script slower than theirs, the default still comes before a tag that nobody holds", async ({
  visitor,
  page,
  server,
  tags,
}) => {
  await page.route("**/banner.js", async route => {
    await new Promise(done => setTimeout(done, 800));
    await route.fallback();
  });
  // The tag's own commands, as its snippet has them, and the tag without waiting.
  const own = `window.dataLayer ||= []; function gtag() { dataLayer.push(arguments) } gtag("js", 1); gtag("config", "G-1");`;
  const head = `${script()}<script src="/own.js"></script><script async data-queue="dataLayer" src="${tags.url}/gtag.js"></script>`;
  await probe(page, server, "<body>", { "/own.js": own }, policy(tags), head);
  await visitor.open("/probe");
  const snippet = [command("js", 1), command("config", "G-1")];
  await expect.poll(() => tags.told()).toEqual([...START, ...snippet]);
});

test("in basic mode nothing is asked of the other host before a grant, or after a refusal", async ({
  visitor,
  page,
  server,
  tags,
}) => {
  const waits = `<script type="text/plain" data-consent="analytics" data-queue="dataLayer" data-src="${tags.url}/gtag.js"></script>`;
  await probe(page, server, "<body>", {}, policy(tags), script() + waits);
  await visitor.open("/probe");
  await visitor.press("reject-all");
  await visitor.delivered();
  await visitor.open("/probe?again");
  await page.waitForTimeout(300);
  expect(tags.requested).toEqual([]);
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  // The update is there before the tag that was waiting for it runs.
  await expect
    .poll(() => tags.told("?again"))
    .toEqual([...START, ...[update(), event()], ...[update("analytics_storage"), event("analytics")]]);
  expect(tags.requested).toEqual(["/gtag.js"]);
});

test("another tab's choice is an update here, and its event fires a trigger of the tag manager", async ({
  visitor,
  page,
  server,
  tags,
}) => {
  // A stand-in for a container: a trigger of the type "custom event" that fires a tag once for each event.
  const container = `(dataLayer => {
    const fire = item => item.event === "consent_update" && item.consent.analytics === "grant" && ${logs("fired")}
    dataLayer.forEach(fire);
    const push = dataLayer.push.bind(dataLayer);
    dataLayer.push = item => (push(item), fire(item));
  })(window.dataLayer ||= [])`;
  await probe(
    page,
    server,
    "<body>",
    { "/gtm.js": container },
    policy(tags),
    script() + `<script src="/gtm.js"></script>`,
  );
  await visitor.open("/probe");
  const other = await page.context().newPage();
  await probe(other, server, "<body>", {}, policy(tags));
  await other.goto(server.url + "/probe");
  await other.click("#consent-accept-all");
  await expect.poll(() => ran(page)).toEqual(["fired"]);
});
