/** One visit with a cold cache, its choice, and one more visit after it: what the table's times are. */
import { CATEGORIES, click, load } from "./trace.mjs";
import { watch } from "./watch.mjs";

/** How much slower the page's main thread is made. */
export const SLOWER = 4;

/**
 * What one visit gives: milliseconds but for `shift` (layout shift score), `requests`, `bytes`, `heap` (KiB) and `banner_is_lcp`.
 *
 * @typedef {{ bytes: number, requests: number, banner: number, lcp: number, script: number, longest: number, long: number,
 *   shift: number, click: number, heap: number, again: number, banner_is_lcp: boolean }} Visit
 */

/**
 * @param {import("playwright-core").Browser} browser
 * @param {Awaited<ReturnType<typeof import("./server.mjs").serve>>} server
 * @param {import("./page.mjs").Contestant} one @param {string} path of its page
 * @param {number} [slower] how much slower than it is the main thread is made
 * @returns {Promise<Visit>}
 */
export async function visit(browser, server, one, path, slower = SLOWER) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    context.setDefaultTimeout(120_000);
    const tab = await open(context, one, slower);
    server.asked.length = 0;
    const events = await traced(browser, tab.page);
    const seen = await tab.shows(server.origin + path);
    await pause(400); // what still comes of the load
    const first = await tab.page.evaluate(
      "performance.mark('bench-loaded'), { ...seen, origin: performance.timeOrigin }",
    );
    await tab.cdp.send("HeapProfiler.collectGarbage");
    const heap = (await tab.cdp.send("Runtime.getHeapUsage")).usedSize / 1024;
    if (one.accept) await tab.page.click(one.accept);
    await pause(400);
    const shift = Number(await tab.page.evaluate("performance.mark('bench-end'), seen.shift"));
    const trace = await events();
    const before = server.asked.filter(
      ({ path: asked, method, at }) =>
        method === "GET" && asked !== path && asked !== "/page.css" && at <= first.origin + seen,
    );
    return {
      requests: before.length,
      bytes: before.reduce((sum, { bytes }) => sum + bytes, server.size(path)),
      banner: one.accept ? seen : NaN,
      lcp: first.lcp,
      banner_is_lcp: first.banner_is_lcp,
      ...load(trace, server.origin, "bench-loaded"),
      shift,
      click: one.accept ? click(trace, "bench-loaded") : NaN,
      heap,
      again: one.accept ? await again(browser, server.origin, context, one, path, slower) : NaN,
    };
  } finally {
    await context.close();
  }
}

/** Script time of the next page of a visitor who has chosen. @param {import("playwright-core").Browser} browser @param {string} origin @param {import("playwright-core").BrowserContext} context @param {import("./page.mjs").Contestant} one @param {string} path @param {number} slower */
async function again(browser, origin, context, one, path, slower) {
  const { page, shows } = await open(context, { ...one, accept: "" }, slower);
  const events = await traced(browser, page);
  await shows(origin + path);
  await pause(400);
  await page.evaluate("performance.mark('bench-loaded')");
  return load(await events(), origin, "bench-loaded").script;
}

/** A slowed tab that is watched. `shows` goes to a page and gives back when (ms) its banner could be seen. @param {import("playwright-core").BrowserContext} context @param {import("./page.mjs").Contestant} one @param {number} rate */
async function open(context, { accept, name }, rate) {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Runtime.enable");
  await cdp.send("Runtime.addBinding", { name: "benchSeen" });
  await cdp.send("Emulation.setCPUThrottlingRate", { rate });
  await page.addInitScript(watch, accept ?? "");
  const shows = async (/** @type {string} */ url) => {
    const told = new Promise((done, failed) => {
      cdp.once("Runtime.bindingCalled", ({ payload }) => done(Number(payload)));
      setTimeout(() => failed(new Error(name + ": no banner in two minutes")), 120_000).unref();
    });
    await page.goto(url, { waitUntil: "commit" });
    return /** @type {Promise<number>} */ (told);
  };
  return { page, cdp, shows };
}

/** Starts a trace; the function that it gives back ends it and gives back its events. @param {import("playwright-core").Browser} browser @param {import("playwright-core").Page} page */
async function traced(browser, page) {
  await browser.startTracing(page, { categories: CATEGORIES });
  return async () =>
    /** @type {import("./trace.mjs").Event[]} */ (
      JSON.parse((await browser.stopTracing()).toString()).traceEvents
    );
}

/** @param {number} ms */
export const pause = ms => new Promise(done => setTimeout(done, ms));
