/** What the second layer needs of the script that is there already. It comes in a script of its own, when it is needed. */
import type { Bits } from "./category.ts";
import type { Stored } from "./cookie.ts";
import type { Action } from "./decide.ts";
import type { DecisionRequest } from "./queue.ts";

/** Both scripts are built with the same short names for these. */
export interface Kit {
  _addSheet(css: string): CSSStyleSheet;
  _allows(word: string | undefined): boolean;
  _chosen(): boolean;
  _decide(action: Action, bits: Bits): void;
  _granted(): Bits;
  _hideBanner(): boolean;
  _lastChoice(): Stored | null;
  _queued(): DecisionRequest[];
  _refuse(): void;
  _save(words: string[]): void;
  _showBanner(): void;
  /** What it gives back: how it is opened, and closed. */
  _open?(at?: string): void;
  _close?(): void;
}

/** Under this the page keeps the kit. Not `window.consent`: an element with that id would pass for it. */
export const MARK = Symbol.for("consent");
