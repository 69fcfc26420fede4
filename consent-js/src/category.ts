/** The five purposes, in the order in which they are shown, stored and numbered. */
export const CATEGORIES = ["necessary", "functional", "analytics", "performance", "advertisement"] as const;

/** What a cookie, script or frame is for. */
export type Category = (typeof CATEGORIES)[number];

/** Its bit in {@link Bits}; 0 for a word that is none of the five. */
export const bitOf = (word: string): number => (1 << (CATEGORIES as readonly string[]).indexOf(word)) & ALL;

/** Granted categories as bits: `necessary` is bit 0, `advertisement` bit 4. */
export type Bits = number;

/** Nothing but `necessary`: what holds whenever a choice can not be read. */
export const NONE: Bits = 1;

/** All five. */
export const ALL: Bits = 31;

/** None of the five: what is left of a choice that is too old. */
export const EXPIRED: Bits = -32;

/** The bits of those for which `wanted` holds; `necessary` is always among them. */
export const bitsOf = (wanted: (category: Category, index: number) => unknown): Bits =>
  CATEGORIES.reduce(
    (bits, category, index) => (wanted(category, index) ? bits | bitOf(category) : bits),
    NONE,
  );
