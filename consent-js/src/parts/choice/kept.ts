/** The choice as the cookie has it, for parts. */
import { newer, parse, print, type Stored } from "../../cookie.ts";
import type { Brief } from "../../brief.ts";

/** The newest choice in the cookie, or in that of an account. */
export function kept(cookie = "consent"): Stored | null {
  try {
    return document.cookie
      .split("; ")
      .map(pair => (pair.startsWith(cookie + "=") ? parse(pair.slice(cookie.length + 1)) : null))
      .reduce(newer, null);
  } catch {
    return null; // a sandboxed frame may not even ask
  }
}

/** Puts a text into a cookie, for so many seconds; for none, it is erased. */
export function put(cookie: string, text: string, life: number): void {
  const secure = /^https/.test(location.protocol) ? ";Secure" : "";
  try {
    document.cookie = `${cookie}=${text};Path=/;Max-Age=${life};SameSite=Lax${secure}`;
  } catch {
    // as above
  }
}

/** For how many seconds a choice still holds. */
export const lifeOf = ({ _decidedAt }: Stored, { ask_again_after }: Brief): number =>
  Math.floor(ask_again_after * 86400 + _decidedAt - Date.now() / 1000);

/** Puts a choice into the cookie, for as long as it still holds, and has the script take it as it takes one of another tab. */
export function keep(choice: Stored, notice: Brief): void {
  put("consent", print(choice), lifeOf(choice, notice));
  dispatchEvent(new StorageEvent("storage", { key: "consent:" + notice.site }));
}
