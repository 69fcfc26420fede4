/** What an optional part of the script is given: the server puts parts into a site's script only if the site uses them. */
import type { Brief } from "./brief.ts";
import type { Bits } from "./category.ts";

/** Members keep their names, as parts are built apart from the script. */
export interface Kit {
  /** Whether this category, or this service, is granted. */
  allowed(word: string | undefined): boolean;
  /** Whether the visitor has chosen under the notice in force. */
  chosen(): boolean;
  /** Whether the browser objects (Global Privacy Control). */
  gpc(): boolean;
  /** Calls `listener` after each choice, before what was granted runs. */
  listen(listener: () => void): void;
  /** What the visitor is shown. */
  notice: Brief;
  /** Reads the choice once more: another tab may have made one since the page began. */
  reread(): void;
  /** Opens the second layer. */
  open(): void;
  /** The style sheet of everything with the class `consent-ui`, put into the page when first asked for. */
  sheet(): CSSStyleSheet;
  /**
   * Takes over a choice that was made elsewhere, at a time in milliseconds if that is known. Without `from` it holds in this page and
   * nothing is written; with it, it is recorded.
   */
  take(bits: Bits, since: number | undefined, from?: object): void;
  /** Records the browser's objection as the visitor's first decision. Does nothing if there is an earlier one. */
  object(): void;
  /** From now on the choice is this one's; without anything, the browser's own. What holds stays until it is read again. */
  whose(whose: Whose): void;
  /** Reads the choice again, as if the page began: it may be older than the last one, or none. */
  restart(): void;
  /** Whether somebody is signing in or out just now: what ran before is not withdrawn by anybody. */
  changes?: boolean;
  /** Whether somebody is signed in: what is found elsewhere was not chosen by them, and what they choose stays theirs. */
  signedIn?: boolean;
}

/** See `who.ts`; cookies by their names, the empty one for none. */
export interface Whose {
  kept?: string;
  next?: string;
  subject?: string;
  token?: string;
}

/** A part. It starts when the choice has been read, and before anything is released. */
export type Part<Settings> = (kit: Kit, settings: Settings) => void;
