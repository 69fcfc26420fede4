/** The languages that the page speaks. */
import { en, type Words } from "./words.en.ts";
import { fr } from "./words.fr.ts";

const all: Record<string, Words> = { en, fr };

/** The languages, in the order in which they are offered. */
export const LANGUAGES: Record<string, string> = { en: "English", fr: "Français" };

/** The first of these languages that the page speaks, English if none. */
export function choose(wanted: readonly string[]): { language: string; words: Words } {
  const language = wanted.map(tag => tag.slice(0, 2).toLowerCase()).find(tag => tag in all) ?? "en";
  return { language, words: all[language]! };
}
