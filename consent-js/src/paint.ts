/** What need not be done before the visitor sees the effect of a click follows it. */

/** Ends when the browser has painted. A hidden tab paints nothing: frames are not waited for longer than a tenth of a second. */
export const paint = (): Promise<void> =>
  new Promise(done => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, 100);
  });
