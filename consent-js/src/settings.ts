/** What the server puts into the script when it sends it, and where the script came from. */
import type { Brief } from "./brief.ts";

interface Settings {
  /** Address of the notice: 43 characters of base64url. */
  id: string;
  /**
   * The other notices of this site under which an earlier choice still holds, by the bits of the categories in which it does:
   * five characters of each. See `lists`.
   */
  also: Record<string, string>;
  notice: Brief;
  /** What the browser checks the second layer's script against (Subresource Integrity). */
  second?: string;
  /** Whether the server counts how often the first layer is shown. */
  count?: boolean;
  /** Whether the notice is only shown again, as evidence: then nothing is read, kept or sent. */
  replay?: boolean;
}

/** The server replaces this one identifier, in the built file, by JSON. */
declare const __CONSENT_SETTINGS__: Settings;

export const { id: noticeId, also, notice, second, count, replay } = __CONSENT_SETTINGS__;

/** What the cookie keeps of the notice's address. */
export const noticePrefix = noticeId.slice(0, 12);

/** Whether a notice, by what the cookie keeps of its address, is among those of a list: five characters stand for each. */
export const lists = (list: string, prefix: string): boolean =>
  list.split(/(.{5})/).includes(prefix.slice(0, 5));

const self = document.currentScript as HTMLScriptElement | null;

/** By which a page's policy lets in its own scripts, and so this one's. */
export const nonce = self?.nonce || "";

/**
 * Where the site's API lives: the folder of this script. Ends with a slash. A script that is imported or inlined has no address
 * of its own; then the page's own server is the best guess.
 */
export const base = /^[^?#]*\//.exec(self?.src || `${location.origin}/v1/sites/${notice.site}/`)![0];
