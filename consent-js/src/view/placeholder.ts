/** What stands in place of a frame that may not load. */
import { save } from "../decide.ts";
import { extra } from "../extra.ts";
import { notice } from "../settings.ts";
import { allows, awaited, granted } from "../state.ts";
import { button, element, frame as common, link } from "./element.ts";
import { styleSheet } from "./sheet.ts";

let count = 0;

/**
 * Puts a placeholder over a frame and gives back what removes it.
 *
 * The frame keeps its place in the layout, empty and invisible, so nothing moves, whatever styles the page gives it.
 */
export function placeholder(iframe: HTMLIFrameElement, once: () => void): () => void {
  const { texts, categories } = notice;
  const id = `consent-placeholder-${++count}`;
  const words = awaited(iframe);
  const names = words
    .filter(word => !allows(word))
    .map(word => extra._name?.(word) || categories.find(({ category }) => category === word)?.title);
  const choice = (name: string, text: string, act: () => void) =>
    button(`${id}-${name}`, fill(text), () => {
      act();
      iframe.focus();
    });
  const fill = (text: string) =>
    text.replace("{host}", link(iframe.dataset["src"]!, "").host).replace("{category}", names.join(", "));
  const box = element(
    "div",
    { ...common(id), role: "group", "aria-label": iframe.title },
    element("strong", {}, iframe.title),
    element("p", {}, fill(texts.placeholder_body)),
    choice("once", texts.placeholder_once, once),
    // What has no name can not be granted, so there would be nothing to press the button for.
    names.every(Boolean) && choice("allow", texts.placeholder_allow, () => save(words, granted())),
  );
  box.classList.add("consent-placeholder");
  styleSheet();
  // Until the browser tells the frame's size, which it does before it paints, and does not for a frame that is not shown. To
  // ask for it here would have it lay out a page that is still being parsed.
  box.hidden = true;
  const observer = new ResizeObserver(() => {
    const { width, height } = iframe.getBoundingClientRect();
    // On the element: a rule of its own would have the browser look through the whole page again. A policy on styles is
    // about markup, and not about what a script sets one property at a time.
    box.style.width = width + "px";
    box.style.height = height + "px";
    box.hidden = !height;
  });
  observer.observe(iframe);
  iframe.before(box);
  return () => {
    observer.disconnect();
    box.remove();
  };
}
