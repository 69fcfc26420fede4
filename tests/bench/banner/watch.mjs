/** What a page sends when its banner can be seen; among the tags, which are nobody's. */
export const SEEN = "/tag/seen";

/**
 * Runs in the page before anything else: when the accept button can be seen, what moved, and what the largest paint was.
 *
 * "Seen" is the end of the first frame after which the button has a size, is inside the window and is neither hidden nor wholly
 * transparent: the message that is posted in that frame's callback comes after its style, layout and paint, so to look then
 * forces none of them, and sees what a later callback of the same frame has put into the page. It is told to the server, so
 * that nothing needs to look into the page meanwhile. A page without a banner says when it has loaded.
 *
 * @param {string} accept selector of the button, empty for a page that has none
 * @param {string} told where it is told
 */
export function watch(accept, told) {
  if (window !== top) return;
  const seen = { banner: 0, shift: 0, lcp: 0, banner_is_lcp: false };
  Object.assign(window, { seen });
  const tell = () => {
    seen.banner = performance.now();
    navigator.sendBeacon(told);
  };
  const { port1, port2 } = new MessageChannel();
  const look = () => requestAnimationFrame(() => port2.postMessage(0));
  port1.onmessage = () => {
    const button = document.querySelector(accept);
    const box = button?.getBoundingClientRect();
    const size = box && box.width && box.height && box.top < innerHeight && box.bottom > 0;
    if (size && button?.checkVisibility({ opacityProperty: true, visibilityProperty: true })) tell();
    else look();
  };
  if (accept) look();
  else addEventListener("load", () => setTimeout(tell));
  /** @param {string} type @param {(entry: any) => void} note */
  const observe = (type, note) =>
    new PerformanceObserver(list => list.getEntries().forEach(note)).observe({ type, buffered: true });
  observe("layout-shift", entry => (seen.shift += entry.hadRecentInput ? 0 : entry.value));
  observe("largest-contentful-paint", entry => {
    seen.lcp = entry.renderTime || entry.startTime;
    seen.banner_is_lcp = !entry.element?.closest("main"); // the article is all that is not the contestant's
  });
}
