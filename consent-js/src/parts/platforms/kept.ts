/** What the readers of each platform have in common. Whatever can not be read, or is odd, is no choice: then there is `null`. */

/** What one platform says of a visitor. */
export interface TheirRecord {
  /** What was said about one of its categories or services; `undefined` if nothing was. */
  said: (word: string) => boolean | undefined;
  /** When, in milliseconds since 1970, where that is kept. `NaN` is odd. */
  at?: number | undefined;
  /** Its own name for that consent, where it gives one. */
  id?: string | undefined;
  /** Whether it says yes also where nobody was asked, and does not tell. Then a yes is no choice, and a no is. */
  implied?: boolean;
}

/** The browser's jar and storage. */
export interface Kept {
  /** The value of a cookie as it stands there; `undefined` if there is none. Throws if there are several that differ. */
  cookie: (name: string) => string | undefined;
  /** What is in `localStorage`. */
  stored: (name: string) => string | undefined;
}

/** Reads what a platform keeps, where it keeps it under another name than its own; may throw. */
export type Read = (kept: Kept, name?: string) => TheirRecord | null;

/** Larger than any of them gets. */
export const MOST = 16384;

export const decoded = (text: string | undefined): string | undefined =>
  text === undefined || text.length > MOST ? undefined : decodeURIComponent(text);

export function object(text: string | undefined): Record<string, unknown> | null {
  const value: unknown = text !== undefined && text.length <= MOST ? JSON.parse(text) : null;
  return value && typeof value === "object" && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

export const own = (value: object, word: string): unknown =>
  Object.prototype.hasOwnProperty.call(value, word) ? (value as Record<string, unknown>)[word] : undefined;

export const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const list = (value: unknown): unknown[] | undefined => (Array.isArray(value) ? value : undefined);

/** Pairs of which none is there twice. */
export function pairs(all: (readonly [string, string])[]): Map<string, string> | null {
  const map = new Map(all);
  return map.size === all.length ? map : null;
}

/** What two words mean: any other means nothing. */
export const either = (value: string | undefined, yes: string, no: string): boolean | undefined =>
  value === yes || (value === no ? false : undefined);

/** ISO 8601 as scripts write it, and nothing else that `Date` would take. */
export const iso = (value: string | undefined): number =>
  value && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) ? Date.parse(value) : NaN;
