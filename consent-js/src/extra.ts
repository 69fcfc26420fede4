/** Where extras put what they add: without them each place is empty, and costs a few bytes. */
import type { Bits } from "./category.ts";

interface Extra {
  /** Style rules after those of the program. */
  _css: string;
  /** Whether a word that is no category is granted. */
  _grants?(word: string): boolean;
  /** The name of what a word that is no category stands for. */
  _name?(word: string): string | undefined;
  /** What a saved choice says of what is finer than a category; `words` were ticked, or asked for. */
  _said?(bits: Bits, words: string[]): Record<string, string>;
  /** Changes the text of the first layer before it is shown. */
  _text?(text: HTMLElement): void;
}

export const extra: Extra = { _css: "" };
