/** Takes over the choice that a visitor made on another platform, once, where none was made here. */
import { bitOf, bitsOf, type Bits } from "../../category.ts";
import type { MovingIn } from "../../moving_in.ts";
import type { Part } from "../../part.ts";
import type { Kept, Read, TheirRecord } from "./kept.ts";

const DAY = 86400_000;

/** What is told of where the choice comes from. */
export interface Provenance {
  decided_at?: string;
  id?: string;
  platform: string;
}

/** A choice that can be taken over. */
export interface Taken {
  bits: Bits;
  /** When it was made, in milliseconds since 1970. */
  since: number | undefined;
  from: Provenance;
}

/** What stands for each category, as the notice says. */
export type Words = Record<string, string[]>;

/**
 * What of their record can be taken over: nothing if it says nothing about a word that stands for a category, or is older than
 * `days`, or from the future, or says yes where that may be nobody's. A category is granted if all that stands for it was; the
 * browser's objection outranks that.
 */
export function taken(
  platform: string,
  theirs: TheirRecord | null,
  words: Words,
  days: number,
  objects: boolean,
): Taken | null {
  if (!theirs) return null;
  const all = Object.values(words).flat();
  if (!all.length || all.some(word => theirs.said(word) === undefined)) return null;
  const since = theirs.at;
  const age = Date.now() - (since ?? Date.now());
  // A day of tolerance for clocks, as for choices that were made here.
  if (!(age >= -DAY && age < days * DAY)) return null;
  const bits = bitsOf(category => words[category]?.length && words[category]!.every(theirs.said));
  if (theirs.implied && bits & ~bitOf("necessary")) return null;
  const from: Provenance = { platform };
  if (since !== undefined) from.decided_at = new Date(since).toISOString();
  if (theirs.id && /^[!-~]{1,128}$/.test(theirs.id)) from.id = theirs.id;
  return { bits: objects ? bits & ~bitOf("advertisement") : bits, since, from };
}

/** All values of one cookie. */
const values = (name: string): string[] =>
  document.cookie
    .split("; ")
    .filter(pair => pair.startsWith(name + "="))
    .map(pair => pair.slice(name.length + 1));

const kept: Kept = {
  cookie: name => {
    const all = values(name);
    if (all.some(value => value !== all[0])) throw new Error("which of them counts?");
    return all[0];
  },
  stored: name => localStorage.getItem(name) ?? undefined,
};

/** What is declared of a platform, and what was found of it on this page: the parts have one notice between them. */
type Declared = Pick<MovingIn, "categories" | "name" | "platform"> & { found?: Bits };

/** The part for one platform. */
export const takeOver =
  (platform: string, read: Read): Part<unknown> =>
  ({ chosen, gpc, notice, take }) => {
    const all: Declared[] = notice.moving_in ?? [];
    const declared = all.find(one => one.platform === platform);
    const first = all.find(one => one.found !== undefined);
    const queue = "consent:" + notice.site;
    // Kept beside the queue: what another platform keeps may outlast a choice here, and would be young again each time.
    const mark = queue + ":moved_in";
    let found: Taken | null = null;
    try {
      const here = () => values("consent").length || localStorage.getItem(queue);
      if (!declared || localStorage.getItem(mark)) return;
      if (!first && (chosen() || here())) return localStorage.setItem(mark, "1");
      const theirs = read(kept, declared.name);
      found = taken(platform, theirs, declared.categories, notice.ask_again_after, gpc());
    } catch {
      return; // what can not be read, or asked for, is no choice
    }
    if (!found) return;
    const { bits, since, from } = found;
    // Which of two is newer is not always known: granted is what both grant, and the first one is told of.
    if (first) {
      first.found! &= bits;
      return take(first.found!, since);
    }
    declared.found = bits;
    // It holds from now on, and is recorded by one tab of those that found it at the same time. A page that goes in between has
    // recorded nothing, and leaves it to the next one.
    take(bits, since);
    const record = () => {
      try {
        localStorage.setItem(mark, "1");
      } catch {
        // full: then it may be taken over once more when the choice here has gone
      }
      if (!values("consent").length) take(declared.found!, since, from);
    };
    // Not in pages that are not secure (https://w3c.github.io/web-locks).
    if (navigator.locks) void navigator.locks.request(mark, record);
    else void Promise.resolve().then(record); // after all parts
  };
