/** A choice is made: the effects that it has, in their order. */
import { bitOf, bitsOf, CATEGORIES, NONE, type Bits } from "./category.ts";
import type { Stored } from "./cookie.ts";
import { deliver } from "./deliver.ts";
import { extra } from "./extra.ts";
import { randomHex, toBase64, uuid, uuidTime } from "./ids.ts";
import { writeChoice } from "./jar.ts";
import { paint } from "./paint.ts";
import { enqueue, putBack } from "./queue.ts";
import { notice, noticeId, noticePrefix } from "./settings.ts";
import { gpc } from "./signals.ts";
import { adopt, granted, holds, lastChoice } from "./state.ts";
import { who } from "./who.ts";

/**
 * What the visitor did. There is no `close` here: to close a layer is not to choose (GDPR, article 4(11)); recording
 * it as a choice would put words into the visitor's mouth. It grants nothing, records nothing, and the banner stays.
 */
export type Action = "accept_all" | "reject_all" | "save" | "withdraw" | "signal" | "import";

/** Denies everything: a withdrawal if something runs by choice, a refusal otherwise. */
export const refuse = (): void => decide((holds() & granted()) > NONE ? "withdraw" : "reject_all", NONE);

/** Grants the categories among `words`, beside those in `bits`, and denies all others. */
export const save = (words: string[], bits = NONE): void =>
  decide("save", bits | bitsOf(category => words.includes(category)), words);

/**
 * Makes a choice: the cookie and the record of it are written, then the gate opens, all within one task. One that was made elsewhere
 * says when (`since`, milliseconds) and where; without an action nothing is written yet, and any choice outranks it.
 */
export function decide(
  action: Action | "",
  bits: Bits,
  words?: string[],
  since?: number,
  provenance?: object,
): void {
  const last = lastChoice();
  // Later than the choice before, even if the clock went back by up to a day, for which that one would hold: all tell by it
  // which of two choices is newer, and an older yes must not outrank a no.
  const now = Date.now();
  const before = last ? uuidTime(last._decision) : 0;
  const time = before < now + 86400_000 ? Math.max(now, before + 1) : now;
  const stored: Stored = {
    _bits: bits,
    _decidedAt: Math.floor((since || time) / 1000),
    _notice: noticePrefix,
    _subject: who._subject || last?._subject || toBase64(randomHex(16)),
    _decision: uuid(action ? time : 0),
  };
  if (!action) return adopt(stored);
  who._kept = who._next;
  writeChoice(stored);
  const request = {
    decision_id: stored._decision,
    subject_id: stored._subject,
    notice_id: noticeId,
    action,
    choices: Object.fromEntries(
      CATEGORIES.slice(1).map(category => [category, bits & bitOf(category) ? "grant" : "deny"]),
    ),
    services: words && extra._said?.(bits, words),
    decided_at: new Date(time).toISOString(),
    signals: { gpc: gpc() },
    language: notice.language,
    page: location.pathname.slice(0, 1024), // as much as the server takes
    provenance,
    account: who._token,
  };
  const kept = enqueue(request);
  // Last, as a page's listener may choose again: that choice is the newer one, in the cookie and in the queue too.
  adopt(stored);
  // The effect is seen first. A page that goes before that sends as it goes, and what has no storage is not risked.
  if (kept)
    void paint().then(() => {
      putBack(request);
      void deliver();
    });
  else void deliver();
}
