/** Sees what the parser, other scripts and frameworks add to the page. */
import { EMBEDS } from "./embeds.ts";
import { SCRIPTS } from "./scripts.ts";

const WATCHED = SCRIPTS + "," + EMBEDS;

/** Calls `found` at once, when the page is parsed, and when something that waits for consent was added. */
export function watch(found: () => void): void {
  let count = 0;
  new MutationObserver(records => {
    // While the parser brings nodes by the hundred, to count what waits is less than to make an object of each node. What comes
    // as another one goes is seen when the page is parsed; until then it waits, but for a frame that has its `src` already.
    if (
      document.readyState === "loading"
        ? count !== (count = document.querySelectorAll(WATCHED).length)
        : records.some(record => [...record.addedNodes].some(node => waits(node as Partial<Element>)))
    )
      found();
  }).observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", found);
  found(); // a script that comes late, by `async` or a tag manager, finds a page that is parsed already
}

// Not `instanceof`: an element that a frame's script made and gave to the page is one of the frame's kind for ever.
const waits = (node: Partial<Element>) => node.matches?.(WATCHED) || node.querySelector?.(WATCHED);
