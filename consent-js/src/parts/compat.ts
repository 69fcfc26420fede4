/** The attributes of other platforms, read as ours: pages that have them need not be rewritten. */
import type { Part } from "../part.ts";

interface Settings {
  /** Whose. */
  read: ("orestbida" | "cookiebot" | "cookieyes")[];
}

/** Their words for our categories; words that are ours mean the same. Any other stays as it is, and is never granted. */
const WORDS: Record<string, string> = {
  ads: "advertisement",
  advertising: "advertisement",
  functionality: "functional",
  marketing: "advertisement",
  preferences: "functional",
  social: "advertisement",
  statistics: "analytics",
  targeting: "advertisement",
};

const ATTRIBUTES = {
  orestbida: "data-category",
  cookiebot: "data-cookieconsent",
  cookieyes: "data-cookieyes",
};

const compat: Part<Settings> = ({ notice }, { read }) => {
  const attributes = read.map(name => ATTRIBUTES[name]);
  const waiting = attributes
    .flatMap(name => [`script[type="text/plain"][${name}]`, `iframe[${name}]`])
    .map(selector => selector + ":not([data-consent])")
    .join();
  const translate = () => document.querySelectorAll<HTMLElement>(waiting).forEach(mark);
  const mark = (tag: HTMLElement) => {
    const words = attributes
      .map(name => tag.getAttribute(name) || "")
      .join(" ")
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(word => word.toLowerCase().replace(/^cookieyes-/, ""));
    // Cookiebot's name for what waits in a frame.
    const kept = tag.getAttribute("data-cookieblock-src");
    if (kept) tag.setAttribute("data-src", kept);
    // Their services have names of their own: one that is not ours would never be granted.
    if (!notice.services?.some(({ id }) => id === tag.dataset["service"]))
      tag.removeAttribute("data-service");
    tag.setAttribute("data-consent", words.map(word => WORDS[word] || word).join(" "));
  };

  // Made before the gate's own, so that it runs before it: the gate finds what is new with our attribute already.
  new MutationObserver(translate).observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", translate);
  translate();
};

export default compat;
