/**
 * A choice that a link brought. What it denies holds at once, by whoever's word: that is nobody's gain. What it grants is taken only
 * if a page of the other site has led here, and the server has said yes.
 */
import { bitOf, bitsOf, CATEGORIES, NONE, type Bits } from "../../category.ts";
import { randomHex, toBase64, uuid, uuidTime } from "../../ids.ts";
import type { Kit } from "../../part.ts";
import { keep, kept } from "./kept.ts";
import type { Said } from "./token.ts";

/** For so long no banner is shown to somebody whose choice is on its way; then it asks. */
const PATIENCE = 1_000;

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
 * Holds to what was said, and has it recorded by `send`. Until the server has said yes, and whenever it does not, nothing is granted.
 * Without `trusted` nothing that grants is sent at all. What comes back is done when it is settled; nothing if a newer choice stands.
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
  const { notice, take } = kit;
  const subject = here?._subject || toBase64(randomHex(16));
  const runs = bitsOf(kit.allowed);
  if (runs & ~said.bits) {
    // In memory first, and in the cookie, so that it stays if the server is not reached: less than there was, and as old.
    take(runs & said.bits, undefined);
    keep(
      {
        _bits: said.bits & (here ? here._bits : said.bits),
        _decidedAt: here ? here._decidedAt : Math.floor(Date.now() / 1000),
        _notice: here ? here._notice : NOWHERE,
        _subject: subject,
        _decision: uuid(Math.min(said.time - 1, Date.now())),
      },
      notice,
    );
  }
  const bits = kit.gpc() ? said.bits & ~bitOf("advertisement") : said.bits;
  return bits === NONE || trusted ? record(said, bits, subject, send, kit, isNewer) : Promise.resolve();
}

async function record(
  { time, token }: Said,
  bits: Bits,
  subject: string,
  send: (body: unknown) => Promise<Response>,
  { gpc, notice, sheet }: Kit,
  isNewer: () => boolean,
): Promise<void> {
  const show = hideBanner(sheet());
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
    // The visitor may have answered the banner meanwhile.
    if (answer.ok && decision_id && uuidTime(decision_id) === time && isNewer())
      keep(
        {
          _bits: bits,
          _decidedAt: Math.floor(time / 1000),
          _notice: notice.notice_id!.slice(0, 12),
          _subject: subject,
          _decision: decision_id,
        },
        notice,
      );
  } catch {
    // not reached, or not told: the banner asks
  }
  show();
}

/** Keeps the banner out of sight for a moment; gives back what shows it again. */
function hideBanner(rules: CSSStyleSheet): () => void {
  const text = "#consent-banner{display:none!important}";
  const rule = rules.cssRules[rules.insertRule(text, rules.cssRules.length)];
  const show = (): void => {
    const at = [...rules.cssRules].indexOf(rule!);
    if (at >= 0) rules.deleteRule(at);
  };
  setTimeout(show, PATIENCE);
  return show;
}
