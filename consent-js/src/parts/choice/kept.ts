/** The choice as the cookie has it, for parts. */
import { newer, parse, type Stored } from "../../cookie.ts";

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
