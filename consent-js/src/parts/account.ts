/**
 * The choice of somebody who is signed in holds wherever they are, and only while they are: what this browser keeps for whoever sits
 * before it when nobody is stays in its own cookie, and is not touched (CNIL, délibération 2025-131).
 *
 * The page says who is signed in by a token of the site's backend, as `data-account` of the script's tag, or by `consent.account()`.
 */
import type { Part } from "../part.ts";
import type { Consent } from "../types.ts";
import { base } from "./choice/base.ts";
import { tell, withBody } from "./choice/box.ts";
import { drop, find, keep, storedOf, type Found } from "./choice/found.ts";
import { kept } from "./choice/kept.ts";
import { COOKIE, recall, remember, tagOf, waits } from "./choice/known.ts";
import { person } from "./choice/person.ts";

interface Settings {
  /** Says that what was chosen elsewhere holds here, in the language of the notice. */
  text: string;
}

/** For so many milliseconds what the server said is not asked again. */
const FRESH = 60_000;

const account: Part<Settings> = (kit, { text }) => {
  const { site } = kit.notice;
  const own = { ...kit };
  const here = base(site);
  const ways = person(kit, own);
  let turn = 0;

  /** What was found counts, unless something newer was chosen here. */
  const merge = (found: Found, token: string, isKnown: boolean, asked: string | undefined): void => {
    const { choice, subject_id } = found;
    const made = kept(COOKIE);
    const mine = made?._subject === subject_id ? made : null;
    const stored = choice && storedOf(choice, subject_id);
    const isNews = !!stored && !(mine && mine._decision >= stored._decision);
    remember(site, { tag: tagOf(token), subject: subject_id, at: Date.now() });
    if (isNews) keep(stored, choice, kit);
    // It was erased, or holds nowhere any more.
    else if (!stored && mine?._decision === asked && !waits(site, asked)) drop();
    else if (isKnown && mine) return;
    ways.account(subject_id, token);
    // The visitor did not wait until it was known who they are.
    if (made && !mine) own.again(made._bits);
    else if (isNews && !isKnown) withBody(() => tell(kit, "consent-account", text));
  };

  const signIn = async (token?: string | null): Promise<void> => {
    const mine = ++turn;
    if (!token) return ways.device();
    const known = recall(site, tagOf(token));
    if (known) ways.account(known.subject, token);
    else ways.nobody();
    if (known && Date.now() - known.at < FRESH) return;
    const asked = kept(COOKIE)?._decision;
    const found = await find(here, kit, token, () => turn !== mine);
    if (turn !== mine || !found) return;
    if (typeof found !== "string") return merge(found, token, !!known, asked);
    console.warn("consent: nobody is signed in:", found);
    ways.device();
  };

  const script = document.currentScript as HTMLScriptElement | null;
  const token = script?.dataset["account"];
  // Other scripts of the page need not read it.
  script?.removeAttribute("data-account");
  if (token) {
    // What is found on another platform was not chosen by an account.
    kit.take = () => {};
    kit.object = ways.object;
    void signIn(token);
  } else {
    drop();
    remember(site);
  }
  // When the script has run.
  void Promise.resolve().then(() => {
    const api: Partial<Consent> | undefined = window.consent;
    // An earlier script may have a `var consent`: the page keeps its own.
    if (typeof api?.allows === "function") Object.assign(api, { account: signIn });
  });
};

export default account;
