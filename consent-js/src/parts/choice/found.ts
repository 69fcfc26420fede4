/** What the server says of an account, and how this browser keeps the choice. */
import { bitsOf } from "../../category.ts";
import { print, type Stored } from "../../cookie.ts";
import { toBase64 } from "../../ids.ts";
import type { Brief } from "../../brief.ts";
import type { Kit } from "../../part.ts";
import { post } from "./base.ts";
import { lifeOf, put } from "./kept.ts";
import { COOKIE } from "./known.ts";

/** The cookie beside it, for services that were granted one by one. */
const SERVICES = "consent-services-account";

interface Choice {
  decision_id: string;
  decided_at: string;
  notice_id: string;
  choices: Record<string, string>;
  services?: Record<string, string>;
}

/** Who the account is, and what it chose last. */
export interface Found {
  subject_id: string;
  /** Whether the server has the decision that was asked for. */
  held?: boolean;
  choice?: Choice;
}

/** For how long the server is asked again if it can not be reached: then until the next page. */
const WAITS = [3_000, 15_000, 60_000];

/**
 * Asks the server who is signed in and what they chose, and whether it has a decision. The code of its refusal if it does not take the token; nothing if it could not be
 * reached, or `isOver` says that the answer is not waited for any more.
 */
export async function find(
  base: string,
  { gpc, notice }: Kit,
  [token, decision]: [token: string, decision: string | undefined],
  isOver: () => boolean,
): Promise<Found | string | undefined> {
  const asked = { token, notice_id: notice.notice_id, decision_id: decision, signals: { gpc: gpc() } };
  for (const wait of [0, ...WAITS]) {
    if (wait) await new Promise(done => setTimeout(done, wait));
    if (isOver()) return undefined;
    try {
      const answer = await post(base + "account", asked);
      const said = (await answer.json()) as Partial<Found> & { code?: string };
      if (answer.ok && said.subject_id) return said as Found;
      const { status } = answer;
      if (said.code && status > 399 && status < 500 && status !== 408 && status !== 429) return said.code;
    } catch {
      // not reached
    }
  }
  return undefined;
}

/** The choice as a cookie has it. */
export const storedOf = (
  { choices, decided_at, decision_id, notice_id }: Choice,
  subject: string,
): Stored => ({
  _bits: bitsOf(category => choices[category] === "grant"),
  _decidedAt: Math.floor(Date.parse(decided_at) / 1000),
  _notice: notice_id.slice(0, 12),
  _subject: subject,
  _decision: decision_id,
});

/** Puts it into the cookies of accounts, for as long as it still holds, and a day if it does not: what it denies stays denied. */
export function keep(stored: Stored, { services = {} }: Choice, notice: Brief): void {
  const life = Math.max(lifeOf(stored, notice), 86400);
  const granted = (notice.services || []).filter(
    ({ category, id }) =>
      services[id] === "grant" && !(stored._bits & bitsOf(name => name === category) & ~1),
  );
  const ids = granted.map(({ id }) => id).sort();
  put(COOKIE, print(stored), life);
  put(SERVICES, ["1", toBase64(stored._decision), ...ids].join("."), ids.length ? life : 0);
}

/** Takes them away, if there are any: to write a cookie costs each page something. */
export function drop(): void {
  for (const cookie of [COOKIE, SERVICES]) if (has(cookie)) put(cookie, "", 0);
}

function has(cookie: string): boolean {
  try {
    return document.cookie.includes(cookie + "=");
  } catch {
    return false; // a sandboxed frame may not even ask
  }
}
