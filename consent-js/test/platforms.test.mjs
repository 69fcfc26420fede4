import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const PLATFORMS = ["complianz", "cookiebot", "cookieyes", "klaro", "onetrust", "orestbida", "tarteaucitron"];
const readers = {};
for (const name of PLATFORMS) Object.assign(readers, await load(`parts/platforms/${name}.ts`));
const { taken } = await load("parts/platforms/taken.ts");

const DAY = 86400_000;
const NOW = Date.now();
/** Chosen two months ago. */
const THEN = NOW - 60 * DAY;
const iso = new Date(THEN).toISOString();

const bits = (...granted) =>
  ["necessary", "functional", "analytics", "performance", "advertisement"].reduce(
    (sum, name, index) => sum | (index === 0 || granted.includes(name) ? 1 << index : 0),
    0,
  );

/** What a browser keeps: cookies as they stand in its jar, and `localStorage`. */
const kept = (cookies, storage = {}) => ({ cookie: name => cookies[name], stored: name => storage[name] });

function read(platform, cookies, storage, words, { name, days = 180, objects = false } = {}) {
  let theirs = null;
  try {
    theirs = readers[platform](kept(cookies, storage), name);
  } catch {
    // as the part does
  }
  return taken(platform, theirs, words, days, objects);
}

const STAMP = "4xtVMt3lrjYK22nJi+9XGlRaq7VmEfirYWjBiVwabf8gWvwvTCdWRA==";
const cookiebot = (change = {}) =>
  encodeURIComponent(
    `{stamp:'${change.stamp ?? STAMP}',necessary:true,preferences:false,statistics:${change.statistics ?? true},` +
      `marketing:true,method:'${change.method ?? "explicit"}',ver:1,utc:${change.utc ?? THEN},region:'de'${change.more ?? ""}}`,
  );
const orestbida = (change = {}) =>
  JSON.stringify({
    categories: ["necessary", "analytics"],
    revision: 0,
    data: null,
    consentTimestamp: new Date(NOW - 300 * DAY).toISOString(),
    consentId: "8c4a3c4e-0d0b-4c5f-9d0f-3f6c2a4f8b11",
    services: { necessary: [], analytics: ["counter"], ads: [] },
    languageCode: "fr",
    lastConsentTimestamp: iso,
    expirationTime: NOW + 100 * DAY,
    ...change,
  });
const onetrust = (change = {}) => ({
  OptanonConsent: new URLSearchParams({
    isGpcEnabled: "0",
    datestamp: "Sat Nov 28 2026 10:00:00 GMT+0100 (Central European Standard Time)",
    version: "202409.1.0",
    browserGpcFlag: "0",
    isIABGlobal: "false",
    hosts: "",
    consentId: "0d40cfb8-607b-4d83-836f-7acdc5cdc169",
    interactionCount: "1",
    landingPath: "NotLandingPage",
    groups: "C0001:1,C0003:0,C0004:0,C0002:1",
    AwaitingReconsent: "false",
    ...change,
  }).toString(),
  OptanonAlertBoxClosed: iso,
});
const cookieyes = (change = {}) =>
  Object.entries({
    consentid: "RXFhT0d5Zm1qS3VsT2d2c0p4bFlrQ2Jx",
    consent: "yes",
    action: "yes",
    necessary: "yes",
    functional: "no",
    analytics: "yes",
    performance: "no",
    advertisement: "no",
    other: "no",
    lastRenewedDate: "1734509533000",
    ...change,
  })
    .map(pair => pair.join(":"))
    .join();
const complianz = (change = {}) => ({
  "cmplz_banner-status": "dismissed",
  cmplz_policy_id: "26",
  cmplz_consented_services: "",
  cmplz_functional: "allow",
  cmplz_preferences: "deny",
  cmplz_statistics: "deny",
  cmplz_marketing: "deny",
  ...change,
});

const USUAL = {
  cookiebot: { functional: ["preferences"], analytics: ["statistics"], advertisement: ["marketing"] },
  complianz: { functional: ["preferences"], analytics: ["statistics"], advertisement: ["marketing"] },
  cookieyes: Object.fromEntries(
    ["functional", "analytics", "performance", "advertisement"].map(name => [name, [name]]),
  ),
  onetrust: {
    functional: ["C0003"],
    analytics: ["C0002"],
    performance: ["C0002"],
    advertisement: ["C0004"],
  },
};

test("reads what each platform keeps: the choice, when it was made and what it is called", () => {
  const dated = { since: THEN };
  for (const [platform, cookies, storage, words, granted, expected, options] of [
    [
      "cookiebot",
      { CookieConsent: cookiebot() },
      {},
      USUAL.cookiebot,
      ["analytics", "advertisement"],
      { ...dated, id: STAMP },
    ],
    // Not encoded, as some servers write it; with an object inside; from outside a region that was asked.
    [
      "cookiebot",
      { CookieConsent: decodeURIComponent(cookiebot()) },
      {},
      USUAL.cookiebot,
      ["analytics", "advertisement"],
      { ...dated, id: STAMP },
    ],
    [
      "cookiebot",
      { CookieConsent: cookiebot({ more: ",more:{marketing:true}" }) },
      {},
      USUAL.cookiebot,
      ["analytics", "advertisement"],
      { ...dated, id: STAMP },
    ],
    [
      "cookiebot",
      { CookieConsent: cookiebot({ stamp: "0" }) },
      {},
      USUAL.cookiebot,
      ["analytics", "advertisement"],
      dated,
    ],
    [
      "orestbida",
      { cc_cookie: encodeURIComponent(orestbida()) },
      {},
      { analytics: ["analytics"], advertisement: ["ads"] },
      ["analytics"],
      { ...dated, id: "8c4a3c4e-0d0b-4c5f-9d0f-3f6c2a4f8b11" },
    ],
    [
      "orestbida",
      {},
      { cc_cookie: orestbida() },
      { analytics: ["analytics/counter"] },
      ["analytics"],
      { ...dated, id: "8c4a3c4e-0d0b-4c5f-9d0f-3f6c2a4f8b11" },
    ],
    [
      "orestbida",
      { mine: encodeURIComponent(orestbida()) },
      {},
      { analytics: ["analytics/counter", "analytics/heat"] },
      [],
      { ...dated, id: "8c4a3c4e-0d0b-4c5f-9d0f-3f6c2a4f8b11" },
      { name: "mine" },
    ],
    [
      "klaro",
      { klaro: encodeURIComponent('{"matomo":true,"video":false}') },
      {},
      { analytics: ["matomo"], functional: ["video"] },
      ["analytics"],
      {},
    ],
    ["klaro", {}, { klaro: '{"matomo":true,"heat":false}' }, { analytics: ["matomo", "heat"] }, [], {}],
    [
      "tarteaucitron",
      { tarteaucitron: "!matomocloud=false!youtube=false!maps=true" },
      {},
      { analytics: ["matomocloud"], functional: ["youtube", "maps"] },
      [],
      {},
    ],
    ["complianz", complianz(), {}, USUAL.complianz, [], {}],
    ["complianz", complianz({ cmplz_id: "4711" }), {}, USUAL.complianz, [], { id: "4711" }],
    [
      "cookieyes",
      { "cookieyes-consent": cookieyes({ consent: "no", analytics: "no" }) },
      {},
      USUAL.cookieyes,
      [],
      { id: "RXFhT0d5Zm1qS3VsT2d2c0p4bFlrQ2Jx" },
    ],
    [
      "klaro",
      {},
      { klaro: encodeURIComponent('{"matomo":true}') },
      { analytics: ["matomo"] },
      ["analytics"],
      {},
    ],
    [
      "cookieyes",
      { "cookieyes-consent": cookieyes() },
      {},
      USUAL.cookieyes,
      ["analytics"],
      { id: "RXFhT0d5Zm1qS3VsT2d2c0p4bFlrQ2Jx" },
    ],
    [
      "cookieyes",
      { "cookieyes-consent": encodeURIComponent(cookieyes()) },
      {},
      USUAL.cookieyes,
      ["analytics"],
      { id: "RXFhT0d5Zm1qS3VsT2d2c0p4bFlrQ2Jx" },
    ],
    [
      "onetrust",
      onetrust(),
      {},
      USUAL.onetrust,
      ["analytics", "performance"],
      { ...dated, id: "0d40cfb8-607b-4d83-836f-7acdc5cdc169" },
    ],
  ]) {
    const cookie = JSON.stringify(cookies);
    const found = read(platform, cookies, storage, words, options);
    assert.ok(found, cookie);
    assert.equal(found.bits, bits(...granted), cookie);
    assert.equal(found.since, expected.since, cookie);
    assert.deepEqual(
      found.from,
      {
        platform,
        ...(expected.since ? { decided_at: new Date(expected.since).toISOString() } : {}),
        ...(expected.id ? { id: expected.id } : {}),
      },
      cookie,
    );
  }
});

test("what can not be read, is odd or was no answer is no choice", () => {
  const words = { analytics: ["a"] };
  const none = (platform, cookies, storage = {}, meant = USUAL[platform] ?? words) =>
    assert.equal(read(platform, cookies, storage, meant), null, `${platform} ${JSON.stringify(cookies)}`);
  for (const platform of PLATFORMS) none(platform, {});
  for (const change of [
    { method: "implied" },
    { method: "" },
    { statistics: "maybe" },
    { utc: "soon" },
    { utc: "-1" },
    { utc: "1e12" },
    { more: ",statistics:true" },
    { more: ",method:'explicit'" },
    { more: ",x:{y:{z:1}}" },
    { more: ",alert(1)" },
    { stamp: "a'b" },
  ])
    none("cookiebot", { CookieConsent: cookiebot(change) });
  for (const value of ["-1", "0", "", "{}", "{", "%", "true", "[object Object]", "{stamp:'x'}"])
    none("cookiebot", { CookieConsent: value });
  for (const change of [
    { categories: "analytics" },
    { categories: undefined },
    { expirationTime: NOW - 1 },
    { expirationTime: "never" },
    { expirationTime: undefined },
    { lastConsentTimestamp: "yesterday" },
    { lastConsentTimestamp: "2026" },
    { lastConsentTimestamp: undefined, consentTimestamp: undefined },
  ])
    none("orestbida", { cc_cookie: encodeURIComponent(orestbida(change)) });
  for (const value of [
    "null",
    "[]",
    "1",
    '"a"',
    "{",
    '{"a":',
    "%E0%A4%A",
    "undefined",
    '{"b":true}',
    '{"a":"true"}',
    '{"a":1}',
    '{"a":null}',
    '{"__proto__":{"a":true}}',
  ])
    for (const platform of ["klaro", "orestbida"])
      none(platform, { klaro: value, cc_cookie: value }, {}, words);
  none("klaro", { klaro: '{"b":true}' }, {}, { analytics: ["toString"] });
  none("klaro", { klaro: '{"b":true}' }, {}, { analytics: ["__proto__"] });
  none("klaro", { klaro: `{"a":true,"b":"${"x".repeat(20_000)}"}` });
  for (const value of [
    "",
    "!",
    "a=true",
    "!a",
    "!a=",
    "!a=wait",
    "!a=maybe",
    "!a=true!a=false",
    "!a=true!",
    "!b=true",
    "!a=true;",
    "!a=TRUE",
    "!a=true",
  ])
    none("tarteaucitron", { tarteaucitron: value });
  for (const change of [
    { "cmplz_banner-status": "show" },
    { "cmplz_banner-status": undefined },
    { cmplz_statistics: undefined },
    { cmplz_statistics: "" },
    { cmplz_statistics: "yes" },
    // Forced, or allowed where nobody was asked, and dismissed later.
    { cmplz_statistics: "allow" },
    { cmplz_marketing: "allow" },
  ])
    none("complianz", complianz(change));
  for (const change of [
    { action: "" },
    { action: "no" },
    // Closed, where categories were granted from the start.
    { consent: "no" },
    { consent: "" },
    { analytics: "" },
    { analytics: "maybe" },
    { analytics: "yes,analytics:no" },
    { other: "a:b" },
  ])
    none("cookieyes", { "cookieyes-consent": cookieyes(change) });
  none("cookieyes", {
    "cookieyes-consent":
      "consentid:abc,consent:,action:,necessary:,functional:,analytics:,performance:,advertisement:",
  });
  for (const change of [
    { AwaitingReconsent: "true" },
    { groups: "" },
    { groups: "C0001:1" },
    { groups: "C0002:1,C0002:0,C0003:0,C0004:0" },
    { groups: "C0002:2,C0003:0,C0004:0" },
    { groups: "C0002,C0003,C0004" },
  ])
    none("onetrust", onetrust(change));
  none("onetrust", { ...onetrust(), OptanonAlertBoxClosed: undefined });
  none("onetrust", { ...onetrust(), OptanonAlertBoxClosed: "bar" });
  none("onetrust", {
    OptanonConsent: onetrust().OptanonConsent + "&groups=C0002%3A1",
    OptanonAlertBoxClosed: iso,
  });
});

test("no prefix of what a platform keeps grants what the whole does not", () => {
  for (const [platform, name, value] of [
    ["cookiebot", "CookieConsent", cookiebot({ statistics: false })],
    ["cookieyes", "cookieyes-consent", cookieyes({ analytics: "no" })],
    ["orestbida", "cc_cookie", encodeURIComponent(orestbida())],
  ])
    for (let end = 0; end < value.length; end++) {
      const found = read(
        platform,
        { [name]: value.slice(0, end) },
        {},
        { ...USUAL[platform], functional: ["preferences"] },
      );
      assert.ok(!found || !(found.bits & bits("functional") & ~1), value.slice(0, end));
    }
});

test("a choice that is too old, or from the future, is none", () => {
  const at = utc => read("cookiebot", { CookieConsent: cookiebot({ utc }) }, {}, USUAL.cookiebot);
  assert.equal(at(NOW - 181 * DAY), null);
  assert.ok(at(NOW - 179 * DAY));
  assert.ok(at(NOW + DAY / 2));
  assert.equal(at(NOW + 2 * DAY), null);
});

test("what stands for nothing is denied, and the browser's objection outranks what was said elsewhere", () => {
  const cookies = { CookieConsent: cookiebot() };
  const some = read(
    "cookiebot",
    cookies,
    {},
    { analytics: ["statistics", "marketing"], performance: ["preferences"] },
  );
  assert.equal(some.bits, bits("analytics"));
  const objected = read("cookiebot", cookies, {}, USUAL.cookiebot, { objects: true });
  assert.equal(objected.bits, bits("analytics"));
  assert.equal(read("cookiebot", cookies, {}, {}), null);
});

test("an id that is too long or not plain is left out", () => {
  for (const id of ["x".repeat(129), "a b", "é"]) {
    const found = read(
      "orestbida",
      { cc_cookie: encodeURIComponent(orestbida({ consentId: id })) },
      {},
      { analytics: ["analytics"] },
    );
    assert.equal(found.from.id, undefined, id);
  }
});
