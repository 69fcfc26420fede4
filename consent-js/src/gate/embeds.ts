/** Frames that wait: `<iframe data-consent="functional" data-src="…">`. A placeholder stands in place of each. */
import { paint } from "../paint.ts";
import { allowed } from "../state.ts";

/** Puts something in place of a frame and gives back what removes it. `once` loads the frame for now. */
type Placeholder = (frame: HTMLIFrameElement, once: () => void) => () => void;

/** Which elements wait. */
export const EMBEDS = "iframe:is([data-consent],[data-service])[data-src]";

const HELD = "data-consent-held";
// Frames that the visitor asked for themselves, as this page shows them: nothing is recorded, and a choice ends it.
const once = new Set<HTMLIFrameElement>();
const removers = new Map<HTMLIFrameElement, () => void>();

/** Ends what was loaded once: the visitor has chosen since. */
export const endOnce = (): void => once.clear();

const mayLoad = (frame: HTMLIFrameElement) => once.has(frame) || allowed(frame);

/** Loads the frames that are granted, holds the others behind a placeholder. */
export function updateEmbeds(placeholder: Placeholder): void {
  document
    .querySelectorAll<HTMLIFrameElement>(EMBEDS)
    .forEach(frame => (mayLoad(frame) ? load(frame) : hold(frame, placeholder)));
  removers.forEach((remove, frame) => frame.isConnected || (remove(), removers.delete(frame)));
}

function load(frame: HTMLIFrameElement): void {
  removers.get(frame)?.();
  removers.delete(frame);
  frame.removeAttribute(HELD);
  const url = frame.dataset["src"]!;
  // In a task of its own: Chromium drops an address that is set while its parser is still inserting the frame. And after the
  // next paint: to give a frame its address makes its window, which takes longer than all else that a click does.
  void paint().then(() => {
    if (mayLoad(frame) && frame.getAttribute("src") !== url) frame.src = url;
  });
}

function hold(frame: HTMLIFrameElement, placeholder: Placeholder): void {
  if (frame.hasAttribute("src")) {
    // In this order, and replaced: removing `src` would add to the history, and Back would bring denied content back.
    frame.removeAttribute("src");
    frame.contentWindow?.location.replace("about:blank");
  }
  frame.setAttribute(HELD, "");
  // After the page's next paint: nothing moves when the placeholder comes, and what the visitor came for need not wait for it.
  requestAnimationFrame(() =>
    setTimeout(() => {
      if (removers.has(frame) || !frame.isConnected || mayLoad(frame)) return;
      removers.set(
        frame,
        placeholder(frame, () => {
          once.add(frame);
          load(frame);
        }),
      );
    }),
  );
}
