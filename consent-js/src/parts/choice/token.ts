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
  return { bits: bits!, from, time, token };
}
