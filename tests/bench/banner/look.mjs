/**
 * One look at each contestant before it is measured, without haste: that it is what the comparison says it is.
 *
 * What waits is not asked for before the choice and is asked for after it; the second layer opens; what it costs is counted.
 */
import { pause } from "./visit.mjs";
import { SEEN, watch } from "./watch.mjs";

/**
 * @param {import("playwright-core").Browser} browser
 * @param {Awaited<ReturnType<typeof import("./server.mjs").serve>>} server
 * @param {import("./page.mjs").Contestant} one @param {string} path of its page
 * @returns {Promise<number>} bytes with the second layer; `NaN` if there is none
 */
export async function look(browser, server, one, path) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    context.setDefaultTimeout(120_000); // a busy machine is no fault of the contestant's
    let page = await context.newPage();
    const open = async () => {
      server.asked.length = 0;
      await page.goto(server.origin + path);
      if (one.accept) await page.locator(one.accept).waitFor();
    };
    let all = NaN;
    if (one.customise && one.second) {
      await open();
      await pause(500); // some listen only later
      await page.click(one.customise);
      await page.locator(one.second).waitFor();
      await pause(200);
      all = server.asked
        .filter(({ path: asked, method }) => method === "GET" && asked !== path && asked !== "/page.css")
        .reduce((sum, { bytes }) => sum + bytes, server.size(path));
      await page.close();
      page = await context.newPage();
    }
    await open();
    await pause(500);
    const early = one.holds.filter(tag => asked(server, tag));
    if (early.length) throw new Error(`${one.name} asked for ${early} before the choice`);
    if (!one.accept) return all;
    await page.click(one.accept);
    for (const late = Date.now() + 60_000; one.holds.some(tag => !asked(server, tag)); await pause(50))
      if (Date.now() > late)
        throw new Error(
          `${one.name} did not ask for ${one.holds.filter(tag => !asked(server, tag))} after the choice`,
        );
    return all;
  } finally {
    await context.close();
  }
}

/** @param {{ asked: { path: string }[] }} server @param {string} tag */
const asked = (server, tag) => server.asked.some(({ path }) => path === tag);

/** Whether the largest contentful paint of a telephone's screen is in the article. @param {import("playwright-core").Browser} browser @param {string} url @param {import("./page.mjs").Contestant} one */
export async function narrow(browser, url, { accept }) {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(`(${watch})(${JSON.stringify(accept ?? "")}, ${JSON.stringify(SEEN)})`);
    await page.goto(url);
    await page.waitForFunction("seen.banner > 0");
    await pause(300);
    return !(await page.evaluate("seen.banner_is_lcp"));
  } finally {
    await context.close();
  }
}
