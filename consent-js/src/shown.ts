/** Tells the server that the first layer was shown, so that refusals can be counted against it. */
import { base, count, noticeId } from "./settings.ts";
import { chosen } from "./state.ts";

let told = false;

/**
 * Sends the address of the notice, once for each page, when the visitor can see it: no number of the visitor's, no
 * cookie, nothing read from or kept on the machine. A visitor who has chosen sees no first layer and sends nothing.
 */
export function tellShown(): void {
  if (told || !count || chosen()) return;
  // A tab in the background, or a page that is prepared in advance, has shown nothing yet; nor has it if the visitor
  // chooses elsewhere before looking at it.
  if (document.hidden) return document.addEventListener("visibilitychange", tellShown, { once: true });
  told = true;
  // In a task of its own: the banner need not wait for it.
  setTimeout(() =>
    fetch(base + "shown", { method: "POST", body: noticeId, keepalive: true, credentials: "omit" }).catch(
      () => {}, // one more or less: it is not worth trying again
    ),
  );
}
