/**
 * A choice that a link brought. What it denies holds at once, by whoever's word: that is nobody's gain. What it grants is taken only
 * if a page of the other site has led here, and the server has said yes.
 */
import { bitOf, bitsOf, CATEGORIES, NONE, type Bits } from "../../category.ts";
import { randomHex, toBase64, uuid, uuidTime } from "../../ids.ts";
import type { Kit } from "../../part.ts";
import { hideBanner } from "./banner.ts";
import { keep, kept } from "./kept.ts";
import type { Said } from "./token.ts";

/** Of no notice: a choice under it holds nowhere, but what it denies stays denied until there is another one. */
const NOWHERE = "------------";

/** Whether a page of these origins has led to this one, by what the browser says. In a frame that would be the page around it. */
export function cameFrom(origins: string[] | undefined): boolean {
  try {
    return self === top && !!origins?.includes(new URL(document.referrer).origin);
  } catch {
    return false; // it does not say
  }
}

/**
 * Holds to what was said, and has it recorded by `send`. Until the server has said yes, and whenever it does not, nothing is granted;
 * what was denied stays so, and the site asks: a stranger's link must not take a yes away unnoticed. Without `trusted` nothing that
 * grants is sent at all. What comes back is done when it is settled; nothing if a newer choice stands.
 */
export function receive(
  said: Said,
  trusted: boolean,
  send: (body: unknown) => Promise<Response>,
  kit: Kit,
): Promise<void> | undefined {
  const here = kept();
  // What was chosen here since, or at the same time, is newer.
  const isNewer = (than = kept()) => !than || uuidTime(than._decision) < said.time;
  if (!isNewer(here)) return undefined;
  const { allowed, gpc, notice, take } = kit;
  const subject = here?._subject || toBase64(randomHex(16));
  // Where an account's choice holds, this browser's own is another one.
  const runs = kit.signedIn && here ? here._bits : bitsOf(allowed);
  // A service may be granted where its category is not.
  const denies =
    runs & ~said.bits ||
    notice.services?.some(({ category, id }) => !(said.bits & bitOf(category)) && allowed(id));
  /** In the cookie, so that it stays: less than there was, as old, and not as new as what the server may record. */
  const deny = (under: string, before: number): void =>
    keep(
      {
        _bits: said.bits & (here ? here._bits : said.bits),
        _decidedAt: here && under === here._notice ? here._decidedAt : Math.floor(Date.now() / 1000),
        _notice: under,
        _subject: subject,
        _decision: uuid(Math.min(said.time, Date.now()) - before),
      },
      notice,
    );
  if (denies) {
    // In memory first.
    take(runs & said.bits, undefined);
    deny(here ? here._notice : NOWHERE, 2);
  }
  const bits = gpc() ? said.bits & ~bitOf("advertisement") : said.bits;
  const sent =
    said.token && (bits === NONE || trusted)
      ? record(said, bits, subject, send, kit, isNewer)
      : Promise.resolve(false);
  return sent.then(recorded => {
    // The visitor may have chosen meanwhile.
    if (!recorded && denies && isNewer()) deny(NOWHERE, 1);
  });
}

/** Says whether the server has recorded it. */
async function record(
  { time, token }: Said,
  bits: Bits,
  subject: string,
  send: (body: unknown) => Promise<Response>,
  { gpc, notice, sheet }: Kit,
  isNewer: () => boolean,
): Promise<boolean> {
  const show = hideBanner(sheet());
  let recorded = false;
  try {
    const answer = await send({
      subject_id: subject,
      notice_id: notice.notice_id,
      action: "handoff",
      handoff: token,
      choices: Object.fromEntries(
        CATEGORIES.slice(1).map(category => [category, bits & bitOf(category) ? "grant" : "deny"]),
      ),
      decided_at: new Date(time).toISOString(),
      signals: { gpc: gpc() },
      language: notice.language,
      page: location.pathname.slice(0, 1024), // as much as the server takes
    });
    const { decision_id } = (await answer.json()) as { decision_id?: string };
    recorded = answer.ok && !!decision_id && uuidTime(decision_id) === time;
    // The visitor may have answered the banner meanwhile.
    if (recorded && isNewer())
      keep(
        {
          _bits: bits,
          _decidedAt: Math.floor(time / 1000),
          _notice: notice.notice_id!.slice(0, 12),
          _subject: subject,
          _decision: decision_id!,
        },
        notice,
      );
  } catch {
    // not reached, or not told: the banner asks
  }
  show();
  return recorded;
}
