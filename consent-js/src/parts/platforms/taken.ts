/** What of another platform's record can be taken over. */
import { bitOf, bitsOf, type Bits } from "../../category.ts";
import type { TheirRecord } from "./kept.ts";

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
