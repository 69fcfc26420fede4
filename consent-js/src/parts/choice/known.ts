/** What is kept of who is signed in, so that the next page need not wait for the server, and nothing that they chose is lost. */
import { bitsOf } from "../../category.ts";
import { print, type Stored } from "../../cookie.ts";
import { randomHex, toBase64, uuidTime } from "../../ids.ts";
import type { Brief } from "../../brief.ts";
import type { DecisionRequest } from "../../queue.ts";
import { kept, lifeOf, put } from "./kept.ts";

/** The cookie of an account's choice, as `who.ts` has it. */
export const COOKIE = "consent-account";

/** Who is signed in. */
export interface Known {
  /** Of the account's name. */
  tag: string;
  /** The account's subject; until the server has said it, one of this browser's, which the server puts the right one for. */
  subject: string;
  /** When the server was asked last, milliseconds; 0 if it has not answered yet. */
  at: number;
  /** Whether it had nothing to say, and nothing was chosen here. */
  none?: boolean | undefined;
  /** What was chosen here last, until the server is known to have it. */
  last?: DecisionRequest | undefined;
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

/** Somebody of whom nothing is known here. */
const stranger = (tag: string): Known => ({ tag, subject: toBase64(randomHex(16)), at: 0 });

/** What this browser knows of an account; what it chose and the server has not answered for is in force again. */
export function recall(notice: Brief, tag: string): Known {
  let known = stranger(tag);
  try {
    const { subject, at, none, last, ...other } = JSON.parse(
      localStorage.getItem(key(notice.site)) || "{}",
    ) as Partial<Known>;
    if (tag && other.tag === tag && /^[\w-]{21}[AQgw]$/.test(subject!) && at! <= Date.now())
      known = { tag, subject: subject!, at: at!, none: none === true, last };
  } catch {
    // no storage: then the server is asked on each page
  }
  const waiting = waitingOf(notice, tag);
  const here = kept(COOKIE);
  if (!waiting || (here?._subject === known.subject && here._decision >= waiting._decision)) return known;
  put(COOKIE, print(waiting), lifeOf(waiting, notice));
  return { ...known, subject: waiting._subject, at: 0 };
}

/** What an account chose last of what the server has not answered for. */
export function waitingOf(notice: Brief, tag: string): Stored | null {
  const last = pending(notice.site, tag).pop();
  return last
    ? {
        _bits: bitsOf(category => last.choices[category] === "grant"),
        _decidedAt: Math.floor(uuidTime(last.decision_id) / 1000),
        _notice: last.notice_id.slice(0, 12),
        _subject: last.subject_id,
        _decision: last.decision_id,
      }
    : null;
}

/** Whose choice other pages of this browser have now, by their tag. */
export function current(site: string): string {
  try {
    return (JSON.parse(localStorage.getItem(key(site)) || "{}") as Partial<Known>).tag || "";
  } catch {
    return "";
  }
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

/** What an account chose here and the server has not answered for, oldest first. */
export function pending(site: string, tag: string): DecisionRequest[] {
  try {
    const queue = JSON.parse(localStorage.getItem("consent:" + site) || "[]") as DecisionRequest[];
    return queue.filter(
      ({ account, decision_id }) => !!account && !!decision_id && tag && tagOf(account) === tag,
    );
  } catch {
    return [];
  }
}
