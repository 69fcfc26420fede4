/** What holds for this visitor now, and who wants to hear when it changes. */
import { ALL, bitOf, bitsOf, EXPIRED, type Bits } from "./category.ts";
import { newer, parse, print, type Stored } from "./cookie.ts";
import { extra } from "./extra.ts";
import { uuidTime } from "./ids.ts";
import { readChoice, writeChoice } from "./jar.ts";
import { queued, type DecisionRequest } from "./queue.ts";
import { also, lists, notice, noticePrefix } from "./settings.ts";
import { gpc } from "./signals.ts";
import { who } from "./who.ts";

let latest: Stored | null = null;
let listeners: (() => void)[] = [];

/** The visitor's last choice, whether or not it still holds: the toggles show it. */
export const lastChoice = (): Stored | null => latest;

/**
 * The categories in which the last choice holds: all of them if it was made under this notice, or one that asked for no less; else
 * those to which nothing was added since. None if there is no choice, or nothing is known of its notice.
 */
export function holds(): Bits {
  if (!latest) return 0;
  const { _decidedAt, _notice } = latest;
  const age = Date.now() / 1000 - _decidedAt;
  if (age >= notice.ask_again_after * 86400) return EXPIRED;
  // A day of tolerance for clocks; a choice from further in the future would otherwise never expire.
  if (age < -86400) return 0;
  return _notice === noticePrefix ? ALL : +Object.keys(also).find(bits => lists(also[bits]!, _notice))! | 0;
}

/** Whether there is nothing to ask: the last choice holds in all categories. */
export const chosen = (): boolean => holds() === ALL;

// Before a choice only what the regime lets run. An objection of the browser (GPC) stands against advertising, which is
// what it speaks of, and an older denial against what it denied.
function before(): Bits {
  const denied = latest ? ALL & ~latest._bits : 0;
  const runs = bitsOf(
    (category, index) =>
      /^(exempt|opt_out)$/.test(notice.regime.rules[index]!) && (category !== "advertisement" || !gpc()),
  );
  return runs & ~denied;
}

/** The granted bits: where the last choice does not hold, what holds before one. */
export function granted(): Bits {
  const held = holds();
  return (held & latest?._bits!) | (~held & before());
}

/** Whether a category, or a service where there are some, is granted. Anything else never is. */
export const allows = (word: string | undefined): boolean =>
  !!word && !!(bitOf(word) & granted() || extra._grants?.(word));

/** What an element waits for, apart from each other by spaces: its service, the finer question; else its categories. */
export const awaited = ({ dataset }: HTMLElement): string[] =>
  (dataset["service"] || dataset["consent"] || "").split(/\s+/).filter(Boolean);

/** Whether all that an element waits for is granted. A slip of the pen must not run a tag. */
export function allowed(element: HTMLElement): boolean {
  const words = awaited(element);
  return !!words.length && words.every(allows);
}

/** Takes a choice, or that there is none, as the last one and tells everybody. */
export function adopt(stored: Stored | null): void {
  latest = stored;
  for (const listener of listeners) {
    try {
      listener();
    } catch (error) {
      console.error(error); // a page's own listener must not stop the gate, the cookie or the record
    }
  }
}

/** Brings memory and cookie together: the newer choice wins. Other tabs change it, and so does a late answer to an older request. */
export function reconcile(): void {
  const kept = readChoice();
  // The cookie of accounts is one for all: somebody else may have signed in in another tab.
  if (!kept || (who._subject && latest?._subject !== kept._subject)) return;
  // A choice of theirs that still waits for the server is in the queue: it was made, whatever an older answer put into the cookie.
  const newest = [latest, ...queued().map(asStored)]
    .filter(one => one?._subject === kept._subject)
    .reduce(newer, kept)!;
  if (newest !== kept) writeChoice(newest);
  if (newest._decision !== latest?._decision) adopt(newest);
}

/** Begins again with what the cookie says: it is somebody else's from now on. */
export const restart = (): void => adopt(readChoice());

// Storage is not trusted more than the cookie is: what is taken from it goes through the same form.
function asStored(request: DecisionRequest): Stored | null {
  try {
    return parse(
      print({
        _bits: bitsOf(category => request.choices[category] === "grant"),
        _decidedAt: Math.floor(uuidTime(request.decision_id) / 1000),
        _notice: request.notice_id.slice(0, 12),
        _subject: request.subject_id,
        _decision: request.decision_id,
      }),
    );
  } catch {
    return null;
  }
}

/** Calls `listener` after each choice, in the order in which listeners came; gives back what stops it. */
export function listen(listener: () => void): () => void {
  listeners.push(listener);
  return () => {
    listeners = listeners.filter(one => one !== listener);
  };
}
