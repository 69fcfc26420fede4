/** What comes apart needs of the script: the second layer, in a script of its own, and the parts, behind `start.ts`. */
import type { Brief } from "./brief.ts";
import type { Bits } from "./category.ts";
import type { Stored } from "./cookie.ts";
import type { Action } from "./decide.ts";
import type { DecisionRequest } from "./queue.ts";
import type { who } from "./who.ts";

/** All are built with the same short names for these. */
export interface Kit {
  _addSheet(css: string): CSSStyleSheet;
  _allows(word: string | undefined): boolean;
  _chosen(): boolean;
  _decide(action: Action | "", bits: Bits, words?: string[], since?: number, provenance?: object): void;
  _gpc(): boolean;
  _granted(): Bits;
  _hideBanner(): boolean;
  _lastChoice(): Stored | null;
  _listen(listener: () => void): void;
  _notice: Brief;
  _openSettings(): void;
  _queued(): DecisionRequest[];
  _reconcile(): void;
  _refuse(): void;
  _restart(): void;
  _save(words: string[]): void;
  _showBanner(): void;
  _styleSheet(): CSSStyleSheet;
  _who: typeof who;
  /** What it gives back: how it is opened, and closed. */
  _open?(at?: string): void;
  _close?(): void;
}

/** Under this the page keeps the kit. Not `window.consent`: an element with that id would pass for it. */
export const MARK = Symbol.for("consent");
