/** Sees what the parser, other scripts and frameworks add to the page. */
import { EMBEDS } from "./embeds.ts";
import { SCRIPTS } from "./scripts.ts";

const WATCHED = SCRIPTS + "," + EMBEDS;

/** Calls `found` when something that waits for consent was added, and once when the page is parsed. */
export function watch(found: () => void): void {
  new MutationObserver(records => {
    if (records.some(record => [...record.addedNodes].some(waits))) found();
  }).observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", found);
}

const waits = (node: Node): boolean =>
  node instanceof Element && (node.matches(WATCHED) || !!node.querySelector(WATCHED));
