/** First layer: who asks, what for, and three buttons. */
import { ALL, bitOf } from "../category.ts";
import { decide, refuse } from "../decide.ts";
import { extra } from "../extra.ts";
import { notice } from "../settings.ts";
import { holds } from "../state.ts";
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
  // Somebody who has chosen before is told why that does not hold any more, and about what they are asked, unless they only came
  // under other rules. Where it holds, the second layer was asked for.
  const held = holds();
  const why = held < 0 ? texts.again_expired : held && held < ALL && texts.again_changed;
  const changes = notice.categories.filter(one => !(held & bitOf(one.category))).map(one => one.title);
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
      !!why &&
        element(
          "p",
          { id: "consent-again" },
          why + " ",
          held > 0 && element("strong", {}, changes.join(", ")),
        ),
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
