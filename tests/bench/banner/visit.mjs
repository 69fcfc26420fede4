/** One visit with a cold cache, its choice, and one more visit after it: what the table's times are. */
import { openTab } from "./tab.mjs";
import { CATEGORIES, click, load } from "./trace.mjs";
import { SEEN, watch } from "./watch.mjs";

/** How much slower the page's main thread is made. */
export const SLOWER = 4;

/**
 * What one visit gives: milliseconds but for `shift` (layout shift score), `requests`, `bytes`, `heap` (KiB) and `banner_is_lcp`.
 *
 * @typedef {{ bytes: number, requests: number, banner: number, lcp: number, script: number, longest: number, long: number,
 *   shift: number, click: number, heap: number, again: number, banner_is_lcp: boolean }} Visit
 */

/** @typedef {Awaited<ReturnType<typeof import("./server.mjs").serve>>} Server */

/**
 * @param {import("playwright-core").Browser} browser
 * @param {Server} server
 * @param {import("./page.mjs").Contestant} one @param {string} path of its page
 * @param {number} [slower] how much slower than it is the main thread is made
 * @returns {Promise<Visit>}
 */
export async function visit(browser, server, one, path, slower = SLOWER) {
  const tab = await open(browser, one, slower);
  try {
    server.asked.length = 0;
    const events = await traced(browser);
    const seen = await shows(tab, server, one, path);
    await pause(400); // what still comes of the load
    const first = await tab.evaluate(
      "performance.mark('bench-loaded'), { ...seen, origin: performance.timeOrigin }",
    );
    await tab.send("HeapProfiler.collectGarbage");
    const heap = (await tab.send("Runtime.getHeapUsage")).usedSize / 1024;
    if (one.accept) await tab.click(one.accept);
    await pause(400);
    const shift = Number(await tab.evaluate("performance.mark('bench-end'), seen.shift"));
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
      again: one.accept ? await again(browser, server, tab.profile, one, path, slower) : NaN,
    };
  } finally {
    await tab.close(true);
  }
}

/** Script time of the next page of a visitor who has chosen. @param {import("playwright-core").Browser} browser @param {Server} server @param {string} profile @param {import("./page.mjs").Contestant} one @param {string} path @param {number} slower */
async function again(browser, server, profile, one, path, slower) {
  const next = { ...one, accept: "" };
  const tab = await open(browser, next, slower, profile);
  try {
    server.asked.length = 0;
    const events = await traced(browser);
    await shows(tab, server, next, path);
    await pause(400);
    await tab.evaluate("performance.mark('bench-loaded')");
    return load(await events(), server.origin, "bench-loaded").script;
  } finally {
    await tab.close(false);
  }
}

/** A slowed tab that is watched. @param {import("playwright-core").Browser} browser @param {import("./page.mjs").Contestant} one @param {number} rate @param {string} [profile] */
async function open(browser, { accept = "" }, rate, profile) {
  const tab = await openTab(browser, { width: 1280, height: 800, ...(profile && { profile }) });
  await tab.send("Emulation.setCPUThrottlingRate", { rate });
  await tab.send("Page.enable");
  await tab.send("Page.addScriptToEvaluateOnNewDocument", {
    source: `(${watch})(${JSON.stringify(accept)}, ${JSON.stringify(SEEN)})`,
  });
  return tab;
}

/** Goes to a page and gives back when (ms) its banner could be seen. @param {import("./tab.mjs").Tab} tab @param {Server} server @param {import("./page.mjs").Contestant} one @param {string} path */
async function shows(tab, server, { name }, path) {
  await tab.send("Page.navigate", { url: server.origin + path });
  for (const late = Date.now() + 120_000; Date.now() < late; await pause(10))
    if (server.asked.some(({ path: asked }) => asked === SEEN))
      return Number(await tab.evaluate("seen.banner"));
  throw new Error(name + ": no banner in two minutes");
}

/** Starts a trace; the function that it gives back ends it and gives back its events. @param {import("playwright-core").Browser} browser */
async function traced(browser) {
  await browser.startTracing(undefined, { categories: CATEGORIES });
  return async () =>
    /** @type {import("./trace.mjs").Event[]} */ (
      JSON.parse((await browser.stopTracing()).toString()).traceEvents
    );
}

/** @param {number} ms */
export const pause = ms => new Promise(done => setTimeout(done, ms));
