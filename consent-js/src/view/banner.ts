/** First layer: who asks, what for, and three buttons. */
import { ALL } from "../category.ts";
import { decide, refuse } from "../decide.ts";
import { notice } from "../settings.ts";
import { button, element, frame, link } from "./element.ts";
import { styleSheet } from "./sheet.ts";

let banner: HTMLElement | undefined;

/** Shows the first layer. It takes no focus: the visitor came for the page. `open` opens the second. */
export function showBanner(open: (at?: string) => void): void {
  if (banner) return;
  styleSheet();
  const { texts, controller, vendors } = notice;
  banner = element(
    "div",
    {
      ...frame("consent-banner"),
      role: "dialog",
      "aria-labelledby": "consent-title",
      "aria-describedby": "consent-body",
    },
    element(
      "div",
      { class: "consent-text" },
      element("h2", { id: "consent-title" }, texts.title),
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
  document.body.prepend(banner); // first in the tab order
}

/** Takes the first layer away. Says whether there was one. */
export function hideBanner(): boolean {
  const shown = !!banner;
  banner?.remove();
  banner = undefined;
  return shown;
}
