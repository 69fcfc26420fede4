/** The cookie `consent`, or that of an account, in the browser's jar. A browser that refuses cookies has none: denied, and the page works. */
import { newer, parse, print, type Stored } from "./cookie.ts";
import { notice, replay } from "./settings.ts";
import { who } from "./who.ts";

// Without `Secure` a browser refuses names that begin with `__Secure-` or `__Host-`.
const ATTRIBUTES = ";SameSite=Lax" + (location.protocol === "https:" ? ";Secure" : "");

/** All cookies that the page can see, as `name=value`. One may be a name alone. */
export function cookies(): string[] {
  if (replay) return [];
  try {
    return document.cookie.split("; ");
  } catch {
    return []; // a sandboxed frame may not even ask
  }
}

/** Sets one cookie. */
export function setCookie(text: string): void {
  if (replay) return;
  try {
    document.cookie = text + ATTRIBUTES;
  } catch {
    // as above
  }
}

/** The newest choice that a cookie holds: a host and its parent domain may each have set one. */
export const readChoice = (): Stored | null =>
  cookies()
    .map(pair => (pair.startsWith(who._kept) ? parse(pair.slice(who._kept.length)) : null))
    .reduce(newer, null);

/** Keeps a choice for as long as the site says. */
export const writeChoice = (stored: Stored): void =>
  setCookie(`${who._kept}${print(stored)};Path=/;Max-Age=${notice.ask_again_after * 86400}`);
