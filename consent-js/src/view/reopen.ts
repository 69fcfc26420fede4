/** The way back to the choices: any link to `#consent-settings`. */
import { openSettings } from "./second.ts";

const LINK = 'a[href$="#consent-settings"]';

/** Makes the links work, those that come later too. */
export function watchLinks(): void {
  document.addEventListener("click", event => {
    if (!(event.target as Element).closest?.(LINK)) return;
    event.preventDefault();
    openSettings();
  });
}
