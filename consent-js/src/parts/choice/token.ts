/** The token in an address: taken out of it before anything else sees it, and read as far as it is in clear. */
import type { Bits } from "../../category.ts";

/** What stands before a token in a fragment. */
export const FRAGMENT = "#consent-handoff=";

/** What a token says of a choice. Only the server can tell whether it is true. */
export interface Said {
  bits: Bits;
  /** The site where it was chosen. */
  from: string;
  /** When, in milliseconds. */
  time: number;
  /** Empty where there is only the word of a page. */
  token: string;
}

/** A fragment without a token, and the token; nothing if there is none. Of several the first counts, and none is left. */
export function split(hash: string): [rest: string, token: string] | null {
  const [whole, token] = /^#consent-handoff=([\w-]*)(?:&consent-handoff=[\w-]*)*&?/.exec(hash) || [];
  if (!whole) return null;
  const rest = hash.slice(whole.length);
  return [rest && "#" + rest, token!];
}

/** Takes the token out of the page's address. */
export function cut(): Said | null {
  const found = split(location.hash);
  if (!found) return null;
  history.replaceState(history.state, "", location.pathname + location.search + found[0]);
  return read(found[1]);
}

/** `Handoff::to_bytes` in consent-core writes it: version, choices, time, and the site behind its length. */
export function read(token: string): Said | null {
  let bytes = "";
  try {
    if (token.length <= 320) bytes = atob(token.replace(/-/g, "+").replace(/_/g, "/"));
  } catch {
    // then it is none
  }
  const [version, bits, ...rest] = [...bytes].map(byte => byte.charCodeAt(0));
  const from = bytes.slice(9, 9 + rest[6]!);
  if (version !== 1 || !/^[a-z0-9-]{1,63}$/.test(from) || !(bits! & 1) || bits! > 31) return null;
  const time = rest.slice(0, 6).reduce((time, byte) => time * 256 + byte, 0);
  return { bits: bits!, from, time, token: bytes.length > 9 + from.length ? token : "" };
}

/** A choice by a page's own word, for when the server has not given a token yet: as much as {@link read} reads of one. */
export function word(bits: Bits, from: string, time: number): string {
  const at = [5, 4, 3, 2, 1, 0].map(place => Math.floor(time / 256 ** place) % 256);
  return btoa(String.fromCharCode(1, bits, ...at, from.length) + from)
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}
