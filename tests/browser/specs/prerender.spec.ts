/** A page that the browser prepares before anybody has asked for it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "../support/chromium.ts";
import { front } from "../support/front.ts";
import { logs } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

const HEAD = `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Probe</title>`;
const BANNER = `<script src="/v1/sites/newsroom/banner.js"></script>`;
const FILES: Record<string, [string, string]> = {
  "/": [
    "text/html",
    HEAD +
      `<script type="speculationrules">{"prerender":[{"urls":["/next"],"eagerness":"immediate"}]}</script>` +
      `${BANNER}<script src="/first.js" defer></script><body>first`,
  ],
  "/next": [
    "text/html",
    HEAD +
      `${BANNER}<script src="/early.js"></script>` +
      `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script><body>next`,
  ],
  // The page goes its way alone: a debugger would keep the browser from preparing the other one.
  "/first.js": [
    "text/javascript",
    `setTimeout(() => fetch("/chosen").then(() => document.getElementById("consent-accept-all").click()), 3000);
     setTimeout(() => (location.href = "/next"), 4000);`,
  ],
  "/chosen": ["text/plain", ""],
  "/early.js": [
    "text/javascript",
    `const early = [document.prerendering, consent.get().chosen, consent.allows("analytics")];
     document.addEventListener("prerenderingchange", () => setTimeout(() => fetch("/seen?" + encodeURIComponent(JSON.stringify([
       early, performance.getEntriesByType("navigation")[0].activationStart > 0, window.ran,
       consent.allows("analytics"), document.querySelectorAll("#consent-banner").length,
     ]))), 1000));`,
  ],
  "/seen": ["text/plain", ""],
  "/a.js": ["text/javascript", logs("a")],
};

test("in a prerendered page nothing runs and nothing counts as shown; what was chosen meanwhile holds when it is seen", async ({
  server,
}) => {
  const { url, asked, stop } = await front(server, FILES);
  const profile = await mkdtemp(join(tmpdir(), "consent-chromium-"));
  const args = [...chromium.args, "--headless", `--user-data-dir=${profile}`, url + "/"];
  const browser = spawn(chromium.executablePath, args, { stdio: "ignore" });
  try {
    const seen = () => asked.find(path => path.startsWith("/seen"));
    await expect.poll(seen, { timeout: 40_000 }).toBeDefined();
    const said = JSON.parse(decodeURIComponent(seen()!.slice("/seen?".length)));
    // Prepared and activated (else this test would show nothing); before, denied; then, as chosen in the other page:
    // it hears of that at once, so what was granted may run while it still waits to be seen.
    expect(said).toEqual([[true, false, false], true, ["a"], true, 0]);
    expect(asked.indexOf("/early.js")).toBeLessThan(asked.indexOf("/chosen"));
    expect(asked.indexOf("/a.js")).toBeGreaterThan(asked.indexOf("/chosen"));
    expect(asked.filter(path => path === "/next")).toHaveLength(1);
    expect(asked.filter(path => path.endsWith("/shown"))).toHaveLength(1); // the first page's
  } finally {
    const ended = once(browser, "exit");
    browser.kill();
    await ended;
    await stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
