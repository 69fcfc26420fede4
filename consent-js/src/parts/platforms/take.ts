/** Takes over the choice that a visitor made on another platform, once, where none was made here. */
import { bitOf, bitsOf, type Bits } from "../../category.ts";
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
 * `days`, or from the future. A category is granted if all that stands for it was; the browser's objection outranks that.
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
    return all.every(value => value === all[0]) ? all[0] : undefined;
  },
  stored: name => localStorage.getItem(name) ?? undefined,
};

/** The part for one platform. */
export const takeOver =
  (platform: string, read: Read): Part<unknown> =>
  ({ chosen, gpc, notice, take }) => {
    const declared = notice.moving_in?.find(one => one.platform === platform);
    const queue = "consent:" + notice.site;
    // Kept beside the queue: what another platform keeps may outlast a choice here, and would be young again each time.
    const mark = queue + ":moved_in";
    let found: Taken | null = null;
    try {
      const here = () => values("consent").length || localStorage.getItem(queue);
      if (!declared || chosen() || here() || localStorage.getItem(mark)) return;
      const theirs = read(kept, declared.name);
      found = taken(platform, theirs, declared.categories, notice.ask_again_after, gpc());
    } catch {
      return; // what can not be read, or asked for, is no choice
    }
    if (!found) return;
    const { bits, since, from } = found;
    // It holds from now on, and is recorded by one tab of those that found it at the same time. A page that goes in between has
    // recorded nothing, and leaves it to the next one.
    take(bits, since);
    const record = () => {
      if (values("consent").length) return;
      try {
        localStorage.setItem(mark, "1");
      } catch {
        // full: then it may be taken over once more when the choice here has gone
      }
      take(bits, since, from);
    };
    // Not in pages that are not secure (https://w3c.github.io/web-locks).
    if (navigator.locks) void navigator.locks.request(mark, record);
    else record();
  };
