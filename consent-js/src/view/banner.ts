/** First layer: who asks, what for, and three buttons. */
import { ALL } from "../category.ts";
import { decide, refuse } from "../decide.ts";
import { extra } from "../extra.ts";
import { changed, lists, notice } from "../settings.ts";
import { chosen, lastChoice } from "../state.ts";
import { button, element, frame, link } from "./element.ts";
import { styleSheet } from "./sheet.ts";

let banner: HTMLElement | undefined;

/**
 * Shows the first layer. It takes no focus: the visitor came for the page. `open` opens the second; `near` is told that the
 * pointer or the focus has come.
 */
export function showBanner(open: (at?: string) => void, near: () => void): void {
  if (banner?.isConnected) return;
  styleSheet();
  const { texts, controller, vendors } = notice;
  // Somebody who has chosen before is told why that does not hold any more, unless they only came under other rules. Where it
  // holds, the second layer was asked for.
  const last = chosen() ? null : lastChoice();
  const changes = last && Object.entries(changed || {}).find(([, list]) => lists(list, last._notice))?.[0];
  const young = last && Date.now() / 1000 - last._decidedAt < notice.ask_again_after * 86400;
  const why = last && (young ? changes && texts.again_changed : texts.again_expired);
  banner = element(
    "div",
    {
      ...frame("consent-banner"),
      role: "dialog",
      "aria-labelledby": "consent-title",
      "aria-describedby": "consent-again consent-body",
      pointerover: near,
      focusin: near,
    },
    element(
      "div",
      { class: "consent-text" },
      element("h2", { id: "consent-title" }, texts.title),
      why && element("p", { id: "consent-again" }, why + " ", young && element("strong", {}, changes!)),
      element("p", { id: "consent-body" }, texts.body),
      element(
        "p",
        { class: "consent-links" },
        link(controller.privacy_url, texts.privacy_policy),
        vendors.length > 0 &&
          element(
            "button",
            { id: "consent-vendors-link", type: "button", click: () => open("consent-vendors") },
            texts.vendors_title,
          ),
      ),
    ),
    element(
      "div",
      { class: "consent-actions" },
      button("consent-reject-all", texts.reject_all, refuse),
      button("consent-accept-all", texts.accept_all, () => decide("accept_all", ALL)),
      button("consent-customise", texts.customise, () => open()),
    ),
  );
  extra._text?.(banner.firstChild as HTMLElement);
  document.body.prepend(banner); // first in the tab order
}

/** Takes the first layer away. Says whether there was one. */
export function hideBanner(): boolean {
  const shown = !!banner;
  banner?.remove();
  banner = undefined;
  return shown;
}
