/** The site's own colours, under the rules of its theme, and its logo at the head of the first layer. */
import { extra } from "../extra.ts";
import type { Colours } from "../notice.ts";
import { notice } from "../settings.ts";
import { element } from "../view/element.ts";
import css from "./theme.css";

const { dark, light, logo } = notice.theme!;

// In the order of the style sheet's numbers; what is not set stays, or goes back to, what comes with the program.
const rules = ({ background, text, text_soft, line, button, button_text }: Colours = {}): string =>
  [background, text, text_soft, line, button || "initial", button_text || "initial"]
    .map((colour, index) => (colour ? `--${index}:${colour};` : ""))
    .join("");

const inDark = rules(dark);
extra._css +=
  css +
  `.consent-ui{${rules(light)}}.consent-ui[data-theme=dark]{${inDark}}` +
  `@media(prefers-color-scheme:dark){.consent-ui[data-theme=auto]{${inDark}}}`;

if (logo)
  extra._text = text => text.prepend(element("img", { class: "consent-logo", alt: logo.alt, src: logo.src }));
