/** `window.consent`. */
import { bitsOf, CATEGORIES, NONE } from "./category.ts";
import { decide } from "./decide.ts";
import { base } from "./settings.ts";
import { allows, chosen, lastChoice, listen } from "./state.ts";
import type { Choices, Consent, State } from "./types.ts";
import { openSettings } from "./view/second.ts";

/** What holds now. */
export function get(): State {
  const last = chosen() ? lastChoice() : null;
  return {
    chosen: !!last,
    choices: Object.fromEntries(
      CATEGORIES.map(category => [category, allows(category) ? "grant" : "deny"]),
    ) as Choices,
    decided_at: last && new Date(last._decidedAt * 1000),
    decision_id: last && last._decision,
    notice: last && last._notice,
    subject_id: last && last._subject,
  };
}

async function receipt(): Promise<string> {
  if (!chosen()) throw Error("no choice");
  const answer = await fetch(`${base}decisions/${lastChoice()!._decision}/receipt`);
  if (!answer.ok) throw Error("no receipt yet: " + answer.status);
  return answer.text();
}

/** The object. Its members are the contract: see `Consent`. */
export const api: Consent = {
  get,
  allows,
  open: () => openSettings(),
  set: choices =>
    decide(
      "save",
      bitsOf(category => (choices[category] ? choices[category] === "grant" : allows(category))),
    ),
  withdraw: () => decide("withdraw", NONE),
  receipt,
  ready: Promise.resolve().then(() => api),
  on: (_event, listener) => listen(() => listener(get())),
};
