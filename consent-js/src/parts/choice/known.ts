/** What is kept of who was signed in when the last page went, so that the next one need not wait for the server. */

/** The cookie of an account's choice, as `who.ts` has it. */
export const COOKIE = "consent-account";

/** The cookie beside it, for services that were granted one by one. */
export const SERVICES = "consent-services-account";

/** Who was signed in. */
export interface Known {
  /** Of the account's name. */
  tag: string;
  /** The account's subject. */
  subject: string;
  /** When the server was asked last, milliseconds. */
  at: number;
}

/**
 * A short mark of whom a token speaks of, to know them again: 32 bits of their name (FNV-1a), which is no secret to who reads the page,
 * and whether the name is right only the server can tell. Nothing of a token that is none.
 */
export function tagOf(token: string): string {
  let hash = 0x811c9dc5;
  try {
    const claims = atob(token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"));
    const { sub } = JSON.parse(claims) as { sub: string };
    for (const character of sub) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  } catch {
    return "";
  }
  return (hash >>> 0).toString(36);
}

const key = (site: string): string => `consent:${site}:account`;

/** What is known of this account: nothing if another one was signed in, or none. */
export function recall(site: string, tag: string): Known | undefined {
  try {
    const known = JSON.parse(localStorage.getItem(key(site)) || "{}") as Partial<Known>;
    const { subject, at } = known;
    if (tag && known.tag === tag && /^[\w-]{22}$/.test(subject!) && at! <= Date.now())
      return { tag, subject: subject!, at: at! };
  } catch {
    // no storage: then the server is asked on each page
  }
  return undefined;
}

/** Keeps it; or nothing any more. */
export function remember(site: string, known?: Known): void {
  try {
    if (known) localStorage.setItem(key(site), JSON.stringify(known));
    else localStorage.removeItem(key(site));
  } catch {
    // as above
  }
}

/** Whether a decision still waits for the server. */
export function waits(site: string, decision: string | undefined): boolean {
  try {
    return !!decision && !!localStorage.getItem("consent:" + site)?.includes(decision);
  } catch {
    return false;
  }
}
