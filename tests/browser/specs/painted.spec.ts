/** What need not come before the visitor sees what a click did follows it, and is not lost if the page goes first. */
import type { Page } from "@playwright/test";
import { probe } from "../support/probe.ts";
import { expect, test, type Visitor } from "../support/test.ts";
import type { Server } from "../support/server.ts";

const FRAME = `<iframe data-consent="functional" data-src="/frame" title="Frame" width="300" height="200"></iframe>`;

// Notes what is sent and when the frame has an address, before anything else of the page runs.
const WATCH = `window.noted = [];
const real = window.fetch;
window.fetch = (url, ...rest) => (String(url).endsWith("/decisions") && noted.push("sent"), real(url, ...rest));`;

const noted = (page: Page): Promise<string[]> =>
  page.evaluate(() => (window as unknown as { noted: string[] }).noted);

async function open(visitor: Visitor, page: Page, server: Server, watch = WATCH): Promise<void> {
  await page.addInitScript(`if (location.pathname === "/probe") { ${watch} }`);
  await probe(page, server, `<body>${FRAME}`, {
    "/frame": { body: "<!doctype html><p>frame", type: "text/html" },
    "/elsewhere": { body: "<!doctype html><p>elsewhere", type: "text/html" },
  });
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toBeVisible();
}

// Accepts, and tells what has been done when the click's listeners have ended.
const accept = (page: Page, then = "") =>
  page.evaluate(`document.getElementById("consent-accept-all").click(); ${then};
    ({ noted: [...noted], frame: document.querySelector("iframe").hasAttribute("src"),
       banner: !!document.getElementById("consent-banner"), cookie: document.cookie.includes("consent=1.1f."),
       queue: Object.keys(localStorage).length })`);

test("a click's own task takes the banner away and keeps the choice; the request and the frame's address follow", async ({
  visitor,
  page,
  server,
}) => {
  await open(visitor, page, server);
  expect(await accept(page)).toEqual({ noted: [], frame: false, banner: false, cookie: true, queue: 1 });
  await expect.poll(() => noted(page)).toEqual(["sent"]);
  await expect(page.locator("iframe")).toHaveAttribute("src", "/frame");
  await visitor.delivered();
});

test("without storage the request is made in the click's own task: nothing else would outlive the page", async ({
  visitor,
  page,
  server,
}) => {
  await open(
    visitor,
    page,
    server,
    WATCH +
      `Object.defineProperty(Storage.prototype, "setItem", { value() { throw new DOMException("full", "QuotaExceededError") } });`,
  );
  expect(await accept(page)).toEqual({
    noted: ["sent"],
    frame: false,
    banner: false,
    cookie: true,
    queue: 0,
  });
  await expect.poll(() => visitor.sent.length).toBe(1);
});

test("a page that goes before it is painted sends the choice as it goes", async ({
  visitor,
  page,
  server,
}) => {
  await open(visitor, page, server);
  // No frame and no timer: what sends is that the page goes.
  await page.evaluate(`requestAnimationFrame = setTimeout = () => 0`);
  expect(await accept(page, `dispatchEvent(new Event("pagehide"))`)).toMatchObject({
    noted: ["sent"],
    queue: 1,
  });
  // Not by waiting in the page: there is no time there.
  await expect.poll(() => page.evaluate("localStorage.length")).toBe(0);

  await visitor.open("/probe");
  await page.evaluate(`requestAnimationFrame = setTimeout = () => 0; consent.withdraw()`);
  const { subject } = (await visitor.consentCookie())!;
  // Where no script of ours would send it later.
  await page.goto(server.url + "/elsewhere");
  await expect
    .poll(async () => (await server.history(subject!)).map(({ action }) => action))
    .toEqual(["accept_all", "withdraw"]);
});

test("denied before the frame has its address, it never gets it", async ({ visitor, page, server }) => {
  await open(visitor, page, server);
  await accept(page, `consent.withdraw()`);
  await expect(page.locator(".consent-placeholder")).toBeVisible();
  await page.waitForTimeout(500);
  expect(visitor.requested).not.toContain("/frame");
});

test("the banner can be seen in its first frame", async ({ visitor, page, server }) => {
  await open(
    visitor,
    page,
    server,
    `new MutationObserver((records, observer) => {
      const banner = document.getElementById("consent-banner");
      if (!banner) return;
      observer.disconnect();
      window.first = getComputedStyle(banner).opacity;
    }).observe(document, { childList: true, subtree: true });`,
  );
  expect(await page.evaluate(() => (window as unknown as { first: string }).first)).toBe("1");
});
