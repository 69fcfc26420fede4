/** Second layer: every category with its toggle and its cookies, the third parties, three buttons. */
import { ALL, bitOf } from "../category.ts";
import { base, replay } from "../settings.ts";
import { button, element, frame, link, withBody } from "../view/element.ts";
import { categorySection } from "./category.ts";
import { extra } from "./extra.ts";
import { keepFocus } from "./focus.ts";
import { kit, notice } from "./kit.ts";
import css from "./style.css";
import { vendorSection } from "./vendors.ts";

let dialog: HTMLDialogElement | undefined;
let sheet: CSSStyleSheet | undefined;

/** Opens the second layer in place of the first, at the element `at` if one is named. */
export const openSettings = (at?: string): void => withBody(() => open(at));

function open(at?: string): void {
  if (dialog?.isConnected) return;
  sheet ||= kit._addSheet(css + extra._css);
  const opener = document.activeElement?.id;
  const back = document.activeElement as HTMLElement | null;
  const { texts, categories } = notice;
  const layered = kit._hideBanner(); // one interface at a time
  // What holds now: a grant that has expired, or was made for less, is not ticked in advance (CJEU C-673/17, Planet49).
  const shown = kit._granted();
  const made = (dialog = element(
    "dialog",
    { ...frame("consent-settings-dialog"), "aria-labelledby": "consent-settings-title" },
    element(
      "div",
      { class: "consent-head" },
      element("h2", { id: "consent-settings-title", tabindex: "-1" }, texts.settings_title),
      element("button", {
        id: "consent-close",
        type: "button",
        "aria-label": texts.close,
        click: () => made.close(),
      }),
    ),
    element(
      "div",
      { class: "consent-scroll" },
      element("p", {}, texts.settings_body),
      ...categories.map(category => categorySection(category, !!(shown & bitOf(category.category)))),
      vendorSection(),
      element(
        "p",
        { class: "consent-links" },
        link(notice.controller.privacy_url, texts.privacy_policy),
        ...receiptLinks(),
      ),
    ),
    element(
      "div",
      { class: "consent-actions" },
      button("consent-reject-all", texts.reject_all, kit._refuse),
      button("consent-accept-all", texts.accept_all, () => kit._decide("accept_all", ALL)),
      button("consent-save", texts.save, () => kit._save(ticked(made))),
    ),
  ));
  // Escape and the close button end here too. They grant nothing and record nothing: see `Action`.
  made.addEventListener("close", () => {
    if (dialog === made) dialog = undefined;
    made.remove();
    if (layered && !kit._chosen()) kit._showBanner();
    (back?.isConnected ? back : document.getElementById(opener || ""))?.focus();
  });
  made.addEventListener("keydown", keepFocus);
  document.body.append(made);
  made.showModal();
  document.getElementById(at || "consent-settings-title")!.focus();
}

/** Closes the second layer, if it is open. */
export const closeSettings = (): void => dialog?.close();

// Only once the server has answered for the choice. It names the file, for other origins too.
function receiptLinks(): HTMLElement[] {
  const id = kit._chosen() && kit._lastChoice()!._decision;
  if (!id || replay || kit._queued().some(({ decision_id }) => decision_id === id)) return [];
  const page = new URL("../../../receipt", base);
  return [
    element(
      "a",
      { id: "consent-receipt", href: `${base}decisions/${id}/receipt`, download: "" },
      notice.texts.receipt,
    ),
    // Where it is checked: an address says that in every language.
    link(page.href + "?lang=" + notice.language, page.host + page.pathname),
  ];
}

const ticked = (within: Element): string[] =>
  [...within.querySelectorAll<HTMLInputElement>("input:checked")].map(({ value }) => value);
