/** The choice as the cookie has it, for parts. */
import { newer, parse, print, type Stored } from "../../cookie.ts";
import type { Brief } from "../../brief.ts";

/** The newest choice in the cookie. */
export function kept(): Stored | null {
  try {
    return document.cookie
      .split("; ")
      .map(pair => (pair.startsWith("consent=") ? parse(pair.slice(8)) : null))
      .reduce(newer, null);
  } catch {
    return null; // a sandboxed frame may not even ask
  }
}

/** Puts a choice into the cookie, for as long as it still holds, and has the script take it as it takes one of another tab. */
export function keep(choice: Stored, notice: Brief): void {
  const life = Math.floor(notice.ask_again_after * 86400 + choice._decidedAt - Date.now() / 1000);
  const secure = /^https/.test(location.protocol) ? ";Secure" : "";
  try {
    document.cookie = `consent=${print(choice)};Path=/;Max-Age=${life};SameSite=Lax${secure}`;
  } catch {
    // as above
  }
  dispatchEvent(new StorageEvent("storage", { key: "consent:" + notice.site }));
}
