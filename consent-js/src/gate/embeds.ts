/** Frames that wait: `<iframe data-consent="functional" data-src="…">`. A placeholder stands in place of each. */
import { allowed } from "../state.ts";

/** Puts something in place of a frame and gives back what removes it. */
type Placeholder = (frame: HTMLIFrameElement) => () => void;

/** Which elements wait. */
export const EMBEDS = "iframe[data-consent][data-src]";

const HELD = "data-consent-held";
const removers = new Map<HTMLIFrameElement, () => void>();

/** Loads the frames that are granted, holds the others behind a placeholder. */
export function updateEmbeds(placeholder: Placeholder): void {
  document
    .querySelectorAll<HTMLIFrameElement>(EMBEDS)
    .forEach(frame => (allowed(frame.dataset["consent"]) ? load(frame) : hold(frame, placeholder)));
  removers.forEach((remove, frame) => frame.isConnected || (remove(), removers.delete(frame)));
}

function load(frame: HTMLIFrameElement): void {
  removers.get(frame)?.();
  removers.delete(frame);
  frame.removeAttribute(HELD);
  const url = frame.dataset["src"]!;
  // In a task of its own: Chromium drops an address that is set while its parser is still inserting the frame.
  setTimeout(() => {
    if (allowed(frame.dataset["consent"]) && frame.getAttribute("src") !== url) frame.src = url;
  });
}

function hold(frame: HTMLIFrameElement, placeholder: Placeholder): void {
  if (frame.hasAttribute("src")) {
    // In this order, and replaced: removing `src` would add to the history, and Back would bring denied content back.
    frame.removeAttribute("src");
    frame.contentWindow?.location.replace("about:blank");
  }
  if (removers.has(frame)) return;
  frame.setAttribute(HELD, "");
  removers.set(frame, placeholder(frame));
}
