/** The ways back to the choices: any link to `#consent-settings`, and a small button if the site wants one. */
import { notice } from "../settings.ts";
import { element, frame } from "./element.ts";
import { openSettings } from "./settings.ts";
import { styleSheet } from "./sheet.ts";

const LINK = 'a[href$="#consent-settings"]';

let floating: HTMLElement | undefined;

/** Makes the links work, those that come later too. */
export function watchLinks(): void {
  document.addEventListener("click", event => {
    if (!(event.target as Element).closest?.(LINK)) return;
    event.preventDefault();
    openSettings();
  });
}

/** Shows the floating button, where the site asks for one. */
export function showReopen(): void {
  if (!notice.layout.reopen_button || floating) return;
  styleSheet();
  floating = element(
    "button",
    { ...frame("consent-reopen"), type: "button", click: () => openSettings() },
    notice.texts.reopen,
  );
  document.body.append(floating);
}
