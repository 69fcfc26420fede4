/** Global Privacy Control where the regime takes silence until an objection: it is one, recorded and said. */
import type { Part } from "../part.ts";

interface Settings {
  /** Says that it was honoured, in the language of the notice. */
  text: string;
}

const CSS = [
  "#consent-signal{inset:auto 1em 1em;display:flex;flex-wrap:wrap;gap:.6em;width:fit-content;max-width:26em;padding:1.2em 1.4em;" +
    "border-width:1px;border-radius:calc(2*var(--radius));box-shadow:0 8px 40px #0003}",
  "#consent-signal p{width:100%}",
  "#consent-signal .consent-button{padding-inline:1em}",
  // The floating button would be behind the box, where the keyboard still reaches it (WCAG 2.2, 2.4.11), and is not missed: the
  // box leads to the same place.
  "#consent-signal~#consent-reopen{display:none}",
];

const gpc: Part<Settings> = ({ allowed, chosen, gpc, notice, object, open, sheet }, { text }) => {
  if (!gpc()) return;
  const made = <K extends keyof HTMLElementTagNameMap>(tag: K, id: string, said: string) =>
    Object.assign(document.createElement(tag), { id, textContent: said });
  const first = !chosen();

  // In both layers, whenever they are shown: advertising can be off for no other reason than the visitor's own.
  const say = () => {
    if (allowed("advertisement")) return;
    for (const place of ["#consent-banner .consent-text", "#consent-settings-dialog .consent-scroll"]) {
      const layer = document.querySelector(place);
      if (layer && !layer.querySelector("#consent-gpc")) layer.prepend(made("p", "consent-gpc", text));
    }
  };
  // And once in the page, since no layer is shown to somebody whose browser has answered.
  const tell = () => {
    const rules = sheet();
    for (const rule of CSS) rules.insertRule(rule, rules.cssRules.length);
    const box = made("div", "consent-signal", "");
    box.className = "consent-ui";
    box.lang = notice.language;
    box.dir = notice.direction;
    box.setAttribute("role", "status");
    box.dataset["theme"] = notice.layout.theme;
    const more = made("button", "consent-signal-open", notice.texts.reopen!);
    const close = made("button", "consent-signal-close", notice.texts.close!);
    more.type = close.type = "button";
    more.className = close.className = "consent-button";
    more.onclick = () => (box.remove(), open());
    close.onclick = () => box.remove();
    box.append(made("p", "consent-signal-text", text), more, close);
    document.body.insertBefore(box, document.getElementById("consent-reopen"));
  };

  object();
  const ready = () => {
    new MutationObserver(say).observe(document.body, { childList: true });
    say();
    if (first && chosen() && !allowed("advertisement")) tell();
  };
  if (document.body) ready();
  else document.addEventListener("DOMContentLoaded", ready);
};

export default gpc;
