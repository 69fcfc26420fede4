/** A sandboxed frame: the browser gives it no cookies, no storage, and no origin. */
import { front } from "../support/front.ts";
import { logs } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

const INNER =
  `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Inner</title>` +
  `<script src="/v1/sites/newsroom/banner.js"></script>` +
  `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script>` +
  `<body><button id="own">x</button><script src="/end.js"></script>`;
const OUTER =
  `<!doctype html><html lang="fr"><title>Outer</title><body>` +
  `<iframe sandbox="allow-scripts" src="/inner" title="Inner" width="1000" height="700"></iframe>`;

test("in a sandboxed frame all is denied, nothing throws, and a choice holds as long as the frame", async ({
  visitor,
  page,
  server,
}) => {
  // Not a page that the test makes up: Chromium keeps a frame without an origin in such a page from this machine.
  const { url, asked, stop } = await front(server, {
    "/": ["text/html", OUTER],
    "/inner": ["text/html", INNER],
    "/a.js": ["text/javascript", logs("a")],
    "/end.js": ["text/javascript", logs("end")],
  });
  const uncaught: string[] = [];
  page.on("pageerror", error => uncaught.push(error.message));
  try {
    await page.goto(url + "/");
    const frame = page.frames().find(frame => frame.url().endsWith("/inner"))!;
    const ran = () => frame.evaluate(() => (window as unknown as { ran?: string[] }).ran);
    await expect(frame.locator("#consent-banner")).toBeVisible();
    const refused = await frame.evaluate(() =>
      [() => document.cookie, () => localStorage, () => sessionStorage].map(read => {
        try {
          return String(read());
        } catch (error) {
          return (error as Error).name;
        }
      }),
    );
    expect(refused).toEqual(["SecurityError", "SecurityError", "SecurityError"]); // else this test would show nothing
    expect(await frame.evaluate(() => window.consent.get().choices.analytics)).toBe("deny");
    await page.waitForTimeout(300);
    expect(await ran()).toEqual(["end"]);
    expect(asked).not.toContain("/a.js");

    await frame.click("#consent-accept-all");
    await expect.poll(ran).toEqual(["end", "a"]);
    await expect(frame.locator("#consent-banner")).toHaveCount(0);
    await frame.evaluate(() => window.consent.withdraw());
    expect(await frame.evaluate(() => window.consent.allows("analytics"))).toBe(false);
    await frame.click("#own");
    expect(uncaught).toEqual([]);

    // The next time nothing is known of it.
    await page.reload();
    await expect(page.frameLocator("iframe").locator("#consent-banner")).toBeVisible();
  } finally {
    await stop();
    visitor.foreign.length = 0; // the front server is another port
  }
});
