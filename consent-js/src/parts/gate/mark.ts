/** Marks scripts and frames of denied hosts as ones that wait. */
import type { Declared } from "./hosts.ts";

/** An element that loads something, or would. */
export type Tag = HTMLScriptElement | HTMLIFrameElement;

/** Which those are. */
export const TAGS = "script[src],iframe[src]";

const RUNS = /^$|^module$|^\s*(text|application)\/(x-)?(java|ecma)script\s*$/i;

/** What was marked, and scripts that have run or never will: to hold one of these would be to run it once more. */
export const marked = new WeakSet<Node>();
export const spent = new WeakSet<EventTarget>();

/** Marks a tag that would load `address`. Says whether it had to. */
export function mark(
  tag: Tag,
  address: unknown,
  denied: (address: unknown) => Declared | undefined,
): boolean {
  const script = tag instanceof HTMLScriptElement;
  // What waits, or was let through by the gate itself, is the gate's.
  if (script ? spent.has(tag) || !RUNS.test(tag.type) : tag.dataset["src"] === String(address)) return false;
  const found = denied(address);
  if (!found) return false;
  tag.setAttribute(found.attribute, found.word);
  if (script) {
    if (tag.type) tag.dataset["type"] = tag.type;
    tag.toggleAttribute("async", tag.async); // one that a script has made is, without saying so
    tag.type = "text/plain";
  } else tag.dataset["src"] = String(address);
  marked.add(tag);
  return true;
}

/** Calls `act` with every such tag in a node, itself too. */
export function each(node: unknown, act: (tag: Tag) => void): void {
  if (node instanceof Element && node.matches(TAGS)) act(node as Tag);
  if (node instanceof Element || node instanceof DocumentFragment)
    node.querySelectorAll<Tag>(TAGS).forEach(act);
}
