/** What stands in place of a frame that may not load. */
import { bitOf, bitsOf } from "../category.ts";
import { decide } from "../decide.ts";
import { notice } from "../settings.ts";
import { allowed, granted } from "../state.ts";
import { button, element, frame as common, link } from "./element.ts";
import { styleSheet } from "./sheet.ts";

let count = 0;

/**
 * Puts a placeholder over a frame and gives back what removes it.
 *
 * The frame keeps its place in the layout, empty and invisible, so nothing moves, whatever styles the page gives it.
 */
export function placeholder(iframe: HTMLIFrameElement): () => void {
  const { texts, categories } = notice;
  const id = `consent-placeholder-${++count}`;
  const words = iframe.dataset["consent"]!.split(/\s+/).filter(Boolean);
  const denied = categories.filter(({ category }) => words.includes(category) && !allowed(category));
  const fill = (text: string) =>
    text
      .replace("{host}", link(iframe.dataset["src"]!, "").host)
      .replace("{category}", denied.map(({ title }) => title).join(", "));
  const allow = () => {
    decide("save", granted() | bitsOf(category => words.includes(category)));
    iframe.focus();
  };
  const box = element(
    "div",
    { ...common(id), role: "group", "aria-label": iframe.title },
    element("strong", {}, iframe.title),
    element("p", {}, fill(texts.placeholder_body)),
    // A word that is no category can not be granted, so there would be nothing to press the button for.
    words.every(bitOf) && button(id + "-allow", fill(texts.placeholder_allow), allow),
  );
  box.classList.add("consent-placeholder");
  const sheet = styleSheet();
  const rule = sheet.cssRules[sheet.insertRule(`#${id}{}`, sheet.cssRules.length)] as CSSStyleRule;
  const resize = () => {
    const { width, height } = iframe.getBoundingClientRect();
    rule.style.width = width + "px";
    rule.style.height = height + "px";
    box.hidden = !height;
  };
  const observer = new ResizeObserver(resize);
  observer.observe(iframe);
  iframe.before(box);
  resize();
  return () => {
    observer.disconnect();
    box.remove();
  };
}
