/** A few words in the page about what holds, with the way to change it, for somebody who is shown no layer. */
import type { Kit } from "../../part.ts";

const css = (id: string): string[] => [
  `#${id}{inset:auto 1em 1em;display:flex;flex-wrap:wrap;gap:.6em;width:fit-content;max-width:26em;padding:1.2em 1.4em;` +
    "border-width:1px;border-radius:calc(2*var(--radius));box-shadow:0 8px 40px #0003}",
  `#${id} p{width:100%}`,
  `#${id} .consent-button{padding-inline:1em}`,
  // The floating button would be behind the box, where the keyboard still reaches it (WCAG 2.2, 2.4.11), and is not missed: the
  // box leads to the same place.
  `#${id}~#consent-reopen{display:none}`,
];

/** An element with an id and a text. */
export const made = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  id: string,
  said: string,
): HTMLElementTagNameMap[K] => Object.assign(document.createElement(tag), { id, textContent: said });

/** Shows the box. */
export function tell({ notice, open, sheet }: Kit, id: string, text: string): void {
  untell(id);
  const rules = sheet();
  for (const rule of css(id)) rules.insertRule(rule, rules.cssRules.length);
  const box = made("div", id, "");
  box.className = "consent-ui";
  box.lang = notice.language;
  box.dir = notice.direction;
  box.setAttribute("role", "status");
  box.dataset["theme"] = notice.layout.theme;
  const more = made("button", id + "-open", notice.texts.reopen!);
  const close = made("button", id + "-close", notice.texts.close!);
  more.type = close.type = "button";
  more.className = close.className = "consent-button";
  more.onclick = () => (box.remove(), open());
  close.onclick = () => box.remove();
  box.append(made("p", id + "-text", text), more, close);
  document.body.insertBefore(box, document.getElementById("consent-reopen"));
}

/** Takes it away, if it is there. */
export const untell = (id: string): void => document.getElementById(id)?.remove();

/** Calls `act` as soon as there is something to show it in. */
export function withBody(act: () => void): void {
  if (document.body) act();
  else document.addEventListener("DOMContentLoaded", act);
}
