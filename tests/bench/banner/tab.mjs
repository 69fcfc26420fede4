/**
 * A tab as a visitor has it: no developer tools look into it. What Playwright opens has them open, and then Chromium notes for
 * each access to cookies, and each request, where in a script it came from, for which it parses that script again.
 */

/** @typedef {Awaited<ReturnType<typeof openTab>>} Tab */

/**
 * A tab in a profile of its own, empty unless it is that of another tab.
 *
 * @param {import("playwright-core").Browser} browser @param {{ width: number, height: number, profile?: string }} options
 */
export async function openTab(browser, { width, height, profile }) {
  const cdp = await browser.newBrowserCDPSession();
  const browserContextId = profile ?? (await cdp.send("Target.createBrowserContext")).browserContextId;
  const { targetId } = await cdp.send("Target.createTarget", {
    url: "about:blank",
    browserContextId,
    newWindow: true,
    width,
    height,
  });
  // Not `flatten`: Playwright would take its messages for those of a page of its own.
  const { sessionId } = await cdp.send("Target.attachToTarget", { targetId });
  /** @type {Map<number, (message: any) => void>} */
  const waiting = new Map();
  cdp.on("Target.receivedMessageFromTarget", ({ sessionId: from, message }) => {
    const answer = JSON.parse(message);
    if (from === sessionId) waiting.get(answer.id)?.(answer);
  });
  let last = 0;
  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  const send = async (method, params = {}) => {
    const id = ++last;
    const answer = new Promise(done => waiting.set(id, done));
    await cdp.send("Target.sendMessageToTarget", {
      sessionId,
      message: JSON.stringify({ id, method, params }),
    });
    const { result, error } = await answer;
    waiting.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  /** @param {string} expression @returns {Promise<any>} */
  const evaluate = async expression =>
    (await send("Runtime.evaluate", { expression, returnByValue: true })).result.value;
  return {
    profile: browserContextId,
    send,
    evaluate,
    /** Clicks the middle of an element. @param {string} selector */
    async click(selector) {
      const { x, y } = await evaluate(
        `(box => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 }))(document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`,
      );
      for (const type of ["mouseMoved", "mousePressed", "mouseReleased"])
        await send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    },
    /** With its profile, if `whole`. @param {boolean} whole */
    async close(whole) {
      await cdp.send("Target.closeTarget", { targetId });
      if (whole) await cdp.send("Target.disposeBrowserContext", { browserContextId });
      await cdp.detach();
    },
  };
}
