/** The second layer, fetched when it is first asked for: a visitor who never opens it never pays for it. */
import type { Kit } from "../kit.ts";
import { base, nonce, noticeId, second } from "../settings.ts";
import { trusted } from "../trusted.ts";
import { chosen } from "../state.ts";
import { hideBanner, showBanner } from "./banner.ts";
import { withBody } from "./element.ts";
import { styleSheet } from "./sheet.ts";

/** What came with it. Its script puts it here. */
export const layer: Pick<Kit, "_open" | "_close"> = {};

let script: HTMLScriptElement | undefined;
let wanted: (() => void) | undefined;
let opener: HTMLElement;

/** Shows the first layer. */
export const showFirst = (): void => showBanner(openSettings, fetchSettings);

/** Opens the second layer, at the element `at` if one is named. */
export function openSettings(at?: string): void {
  styleSheet(); // who has chosen may not have it yet
  wanted = () => {
    if (layer._open) return layer._open(at);
    // It could not be had: the first layer stands in, which refuses too. The button asks for the second once more.
    withBody(() => {
      // For who has chosen, which is who opened it, a second press takes it away.
      if (chosen() && hideBanner()) return opener.focus();
      opener = document.activeElement as HTMLElement;
      showFirst();
      document.getElementById("consent-customise")!.focus();
    });
  };
  // After one that failed only a click asks again, and not each pointer that passes by.
  if (!script?.isConnected) script = undefined;
  fetchSettings();
}

/** Closes the second layer, and does not open one that is on its way. */
export function closeSettings(): void {
  wanted = undefined;
  layer._close?.();
}

function fetchSettings(): void {
  if (layer._open) return arrived();
  if (script) return;
  script = document.createElement("script");
  script.nonce = nonce;
  script.crossOrigin = "anonymous"; // what may not be read can not be checked
  script.integrity = second!;
  script.onload = script.onerror = arrived;
  try {
    script.src = trusted().createScriptURL(`${base}settings.js?notice=${noticeId}`);
    document.head.append(script);
  } catch {
    arrived(); // the page's own policy stops it
  }
}

function arrived(): void {
  script?.remove();
  const open = wanted;
  wanted = undefined;
  open?.();
}
