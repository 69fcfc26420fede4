/** Makes elements without markup: nothing here is parsed, so nothing can be injected. */
import { notice } from "../settings.ts";

type Attributes = Record<string, string | false | ((event: Event) => void)>;

/** An element. A function is a listener for the event that it is named after; `false` leaves an attribute or child out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes,
  ...children: (Node | string | false | null | undefined)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value);
  }
  for (const child of children) if (child) made.append(child);
  return made;
}

/** The attributes of everything that this script puts into a page. */
export const frame = (id: string): Attributes => ({
  id,
  class: "consent-ui",
  lang: notice.language,
  dir: notice.direction,
  "data-position": notice.layout.position,
  "data-theme": notice.layout.theme,
});

/** One of the large buttons: all of them come from here, so none can outshine another. */
export const button = (id: string, text: string, click: () => void): HTMLButtonElement =>
  element("button", { id, type: "button", class: "consent-button", click }, text);

/** A link that leaves the page as it is. */
export const link = (href: string, text: string): HTMLAnchorElement =>
  element("a", { href, target: "_blank", rel: "noopener" }, text);

/**
 * Calls `run` when the page has a body: at once, or in the first frame, which the browser does not begin without one. Not
 * between what the parser brings: the parser would stop for it sooner, and the page's text would come a frame later.
 */
export function withBody(run: () => void): void {
  if (document.body) run();
  else requestAnimationFrame(() => withBody(run));
}
