/** Visitors who chose on another platform, and the cookies that they bring from there. */
import { resolve } from "node:path";
import { Server, type Recorded } from "../support/server.ts";
import { logs, probe, ran, script } from "../support/probe.ts";
import { expect, test as base, type Page } from "../support/test.ts";

// One server for all tests of a file: each visitor is another one.
const test = base.extend<{}, { moved: Server }>({
  moved: [
    async ({}, use) => {
      const server = await Server.start(resolve(import.meta.dirname, "../fixtures/moving-in.toml"));
      await use(server);
      await server.remove();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  server: async ({ moved }, use) => use(moved),
});

const DAY = 86400_000;
const THEN = Date.now() - 30 * DAY;
const AT = new Date(THEN).toISOString();
const ID = "8c4a3c4e-0d0b-4c5f-9d0f-3f6c2a4f8b11";
const STAMP = "4xtVMt3lrjYK22nJi+9XGlRaq7VmEfirYWjBiVwabf8gWvwvTCdWRA==";

const HTML =
  `<script type="text/plain" data-consent="analytics" data-src="/analytics.js"></script>` +
  `<script type="text/plain" data-consent="advertisement" data-src="/ads.js"></script><body><p>Probe`;
const FILES = { "/analytics.js": logs("analytics"), "/ads.js": logs("ads") };

type Jar = Record<string, string>;
interface Told {
  decided_at?: string;
  id?: string;
}

/** They say yes without being asked, too, and do not tell: only a no is taken over. */
const IMPLIED = ["complianz", "tarteaucitron"];

// What each platform writes for a visitor who granted statistics (`yes`) or nothing, and what it tells of when and who.
const cookiebot = (yes: boolean, utc = THEN) =>
  encodeURIComponent(
    `{stamp:'${STAMP}',necessary:true,preferences:false,statistics:${yes},marketing:false,method:'explicit',ver:1,utc:${utc},region:'fr'}`,
  );
const PLATFORMS: [name: string, jar: (yes: boolean) => Jar, told: Told][] = [
  ["cookiebot", yes => ({ CookieConsent: cookiebot(yes) }), { decided_at: AT, id: STAMP }],
  [
    "cookieyes",
    yes => ({
      "cookieyes-consent":
        `consentid:RXFhT0d5Zm1qS3VsT2d2c0p4,consent:${yes ? "yes" : "no"},action:yes,necessary:yes,functional:no,` +
        `analytics:${yes ? "yes" : "no"},performance:no,advertisement:no,other:no,lastRenewedDate:1734509533000`,
    }),
    { id: "RXFhT0d5Zm1qS3VsT2d2c0p4" },
  ],
  [
    "complianz",
    yes => ({
      "cmplz_banner-status": "dismissed",
      cmplz_policy_id: "26",
      cmplz_functional: "allow",
      cmplz_preferences: "deny",
      cmplz_statistics: yes ? "allow" : "deny",
      cmplz_marketing: "deny",
    }),
    {},
  ],
  [
    "onetrust",
    yes => ({
      OptanonConsent:
        "isGpcEnabled=0&datestamp=Sat+Nov+28+2026+10%3A00%3A00+GMT%2B0100+(heure+normale)&version=202409.1.0&hosts=" +
        `&consentId=${ID}&interactionCount=1&landingPath=NotLandingPage` +
        `&groups=C0001%3A1%2CC0002%3A${+yes}%2CC0003%3A0%2CC0004%3A0&AwaitingReconsent=false`,
      OptanonAlertBoxClosed: AT,
    }),
    { decided_at: AT, id: ID },
  ],
  [
    "orestbida",
    yes => ({
      cc_cookie: encodeURIComponent(
        JSON.stringify({
          categories: yes ? ["necessary", "analytics"] : ["necessary"],
          revision: 0,
          data: null,
          consentTimestamp: AT,
          consentId: ID,
          services: { necessary: [], analytics: [], ads: [] },
          languageCode: "fr",
          lastConsentTimestamp: AT,
          expirationTime: Date.now() + 100 * DAY,
        }),
      ),
    }),
    { decided_at: AT, id: ID },
  ],
  [
    "klaro",
    yes => ({ klaro: encodeURIComponent(JSON.stringify({ matomo: yes, posters: false, fonts: true })) }),
    {},
  ],
  ["tarteaucitron", yes => ({ tarteaucitron: `!matomocloud=${yes}!posters=false` }), {}],
];

const bring = (page: Page, server: Server, jar: Jar) =>
  page.context().addCookies(Object.entries(jar).map(([name, value]) => ({ name, value, url: server.url })));

const banner = (page: Page) => page.locator("#consent-banner");

async function recorded(server: Server, subject: string): Promise<Recorded[]> {
  await expect.poll(() => server.history(subject)).not.toEqual([]);
  return server.history(subject);
}

for (const [platform, jar, told] of PLATFORMS)
  for (const yes of IMPLIED.includes(platform) ? [false] : [true, false])
    test(`who ${yes ? "granted statistics" : "denied all"} on ${platform} is not asked again: that holds, and is recorded once with where it comes from`, async ({
      visitor,
      page,
      server,
    }) => {
      await bring(page, server, jar(yes));
      await probe(page, server, HTML, FILES);
      await visitor.open("/probe");
      await expect.poll(() => visitor.consentCookie()).not.toBeNull();
      await page.waitForTimeout(300);
      expect(await ran(page)).toEqual(yes ? ["analytics"] : []);
      await expect(banner(page)).toHaveCount(0);
      // Also on the next page.
      await visitor.open("/probe?next");
      await page.waitForTimeout(300);
      await expect(banner(page)).toHaveCount(0);
      expect(await ran(page)).toEqual(yes ? ["analytics"] : []);

      const cookie = (await visitor.consentCookie())!;
      const [one, ...more] = await recorded(server, cookie.subject!);
      expect(more).toEqual([]);
      expect(one).toMatchObject({
        action: "import",
        choices: { functional: "deny", analytics: yes ? "grant" : "deny", advertisement: "deny" },
      });
      expect(one!.provenance).toEqual({ platform, ...told });
      expect(visitor.sent.map(({ action }) => action)).toEqual(["import"]);
      // It ages from when it was made, where that is known.
      const age = Date.now() / 1000 - parseInt(cookie.decidedAt!, 36);
      expect(Math.abs(age - (told.decided_at ? 30 * 86400 : 0))).toBeLessThan(600);
    });

test("a site that declares nobody takes nothing over", async ({ visitor, page, server }) => {
  for (const [, jar] of PLATFORMS) await bring(page, server, jar(true));
  await probe(page, server, HTML, FILES, undefined, script("unsaid"));
  await visitor.open("/probe");
  await expect(banner(page)).toBeVisible();
  await page.waitForTimeout(300);
  expect(await ran(page)).toEqual([]);
  expect(await visitor.consentCookie()).toBeNull();
  expect(visitor.sent).toEqual([]);
});

test("who brings what can not be read, is too old, or was no answer is asked", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, HTML, FILES);
  const odd: Jar[] = [
    { CookieConsent: "-1", klaro: "%7B", tarteaucitron: "!matomocloud=wait!posters=wait", cc_cookie: "null" },
    { CookieConsent: cookiebot(true, Date.now() - 181 * DAY) },
    { OptanonConsent: "groups=C0001%3A1%2CC0002%3A1%2CC0003%3A1%2CC0004%3A1" },
    {
      "cookieyes-consent":
        "consentid:RXFhT0d5,consent:,action:,necessary:,functional:,analytics:,performance:",
    },
    ...PLATFORMS.filter(([platform]) => IMPLIED.includes(platform)).map(([, jar]) => jar(true)),
    { klaro: encodeURIComponent(`{"__proto__":{"matomo":true},"posters":true}`) },
    { CookieConsent: "{stamp:'x',statistics:true,method:'explicit',utc:1,x:alert(1)}" },
  ];
  for (const jar of odd) {
    await page.context().clearCookies();
    await bring(page, server, jar);
    await visitor.open("/probe?" + Object.keys(jar).join());
    await expect(banner(page)).toBeVisible();
    await page.waitForTimeout(200);
    expect(await ran(page), JSON.stringify(jar)).toEqual([]);
    expect(await visitor.consentCookie()).toBeNull();
  }
  expect(visitor.sent).toEqual([]);
});

test("the browser's objection outranks a yes that was said elsewhere, and nothing else", async ({
  visitor,
  page,
  server,
}) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
  await bring(page, server, { klaro: encodeURIComponent('{"matomo":true,"posters":true}') });
  await probe(page, server, HTML, FILES);
  await visitor.open("/probe");
  await expect.poll(() => ran(page)).toEqual(["analytics"]);
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual(["analytics"]);
  await expect(banner(page)).toHaveCount(0);
  const [one] = await recorded(server, (await visitor.consentCookie())!.subject!);
  expect(one).toMatchObject({ action: "import", signals: { gpc: true }, choices: { advertisement: "deny" } });
});

test("of two platforms what both granted is granted", async ({ visitor, page, server }) => {
  await bring(page, server, {
    CookieConsent: cookiebot(true),
    klaro: encodeURIComponent('{"matomo":false,"posters":true}'),
  });
  await probe(page, server, HTML, FILES);
  await visitor.open("/probe");
  await expect.poll(() => visitor.consentCookie()).not.toBeNull();
  await page.waitForTimeout(300);
  expect(await ran(page)).toEqual([]);
  const [one, ...more] = await recorded(server, (await visitor.consentCookie())!.subject!);
  expect(more).toEqual([]);
  expect(one).toMatchObject({ action: "import", choices: { analytics: "deny", advertisement: "deny" } });
  expect(one!.provenance!.platform).toBe("cookiebot");
});

test("who has chosen here brings nothing from elsewhere when that choice has gone", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, HTML, FILES);
  await visitor.open("/probe");
  await page.locator("#consent-reject-all").click();
  await expect.poll(() => visitor.consentCookie()).not.toBeNull();
  await bring(page, server, { klaro: encodeURIComponent('{"matomo":true,"posters":true}') });
  await visitor.open("/probe?next");
  await page.waitForTimeout(200);
  await page.context().clearCookies({ name: "consent" });
  await visitor.open("/probe?cleared");
  await expect(banner(page)).toBeVisible();
  expect(await ran(page)).toEqual([]);
});

test("several tabs at once record it once", async ({ visitor, page, server }) => {
  await bring(page, server, { CookieConsent: cookiebot(true) });
  const pages = [page, ...(await Promise.all([1, 2, 3].map(() => page.context().newPage())))];
  const sent: string[] = [];
  for (const one of pages) {
    await probe(one, server, HTML, FILES);
    one.on("request", request => {
      if (request.method() === "POST") sent.push(request.postData()!);
    });
  }
  await Promise.all(pages.map(one => one.goto(server.url + "/probe")));
  for (const one of pages) await expect.poll(() => ran(one)).toEqual(["analytics"]);
  await page.waitForTimeout(1000);
  const { subject } = (await visitor.consentCookie())!;
  expect((await recorded(server, subject!)).length).toBe(1);
  // Nor has a tab shown the banner, which would be told too.
  expect(new Set(sent.map(body => JSON.parse(body).decision_id)).size).toBe(1);
  const known = pages.map(one => one.evaluate(() => window.consent.get().decision_id));
  await expect.poll(async () => new Set(await Promise.all(known)).size).toBe(1);
});

test("it can be changed as any other choice, and is not taken over again when the cookie has gone", async ({
  visitor,
  page,
  server,
}) => {
  await bring(page, server, { klaro: encodeURIComponent('{"matomo":true,"posters":true}') });
  await probe(page, server, HTML, FILES);
  await visitor.open("/probe");
  await expect.poll(() => ran(page)).toEqual(["analytics", "ads"]);
  const { subject } = (await visitor.consentCookie())!;
  await recorded(server, subject!);
  await page.evaluate(() => window.consent.withdraw());
  await expect
    .poll(async () => (await server.history(subject!)).map(({ action }) => action))
    .toEqual(["import", "withdraw"]);
  await visitor.open("/probe?again");
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual([]);
  await expect(banner(page)).toHaveCount(0);
  await page.context().clearCookies({ name: "consent" });
  await visitor.open("/probe?cleared");
  await expect(banner(page)).toBeVisible();
  expect(await ran(page)).toEqual([]);
});

test("an auditor finds that it holds, with who answered for it", async ({ page, visitor }) => {
  const server = await Server.start(resolve(import.meta.dirname, "../fixtures/moving-in.toml"));
  try {
    await page.context().addCookies([{ name: "CookieConsent", value: cookiebot(true), url: server.url }]);
    await probe(page, server, HTML, FILES);
    await page.goto(server.url + "/probe");
    await expect.poll(() => visitor.consentCookie()).not.toBeNull();
    await recorded(server, (await visitor.consentCookie())!.subject!);
    await page.goto("about:blank");
    await server.bundle();
    const report = (await server.report()) as unknown as { shown: { moving_in: { by: string }[] }[] };
    expect(report.shown[0]!.moving_in.map(({ by }) => by)).toContain("A. Muster, data protection officer");
  } finally {
    await server.remove();
    visitor.foreign.length = 0; // that server was another one
  }
});
