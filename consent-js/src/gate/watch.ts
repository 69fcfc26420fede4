/** Sees what the parser, other scripts and frameworks add to the page. */
import { EMBEDS } from "./embeds.ts";
import { SCRIPTS } from "./scripts.ts";

const WATCHED = SCRIPTS + "," + EMBEDS;

/** Calls `found` at once, when the page is parsed, and when something that waits for consent was added. */
export function watch(found: () => void): void {
  new MutationObserver(records => {
    if (records.some(record => [...record.addedNodes].some(waits))) found();
  }).observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", found);
  found(); // a script that comes late, by `async` or a tag manager, finds a page that is parsed already
}

const waits = (node: Node): boolean =>
  node instanceof Element && (node.matches(WATCHED) || !!node.querySelector(WATCHED));
