/**
 * The choice of somebody who is signed in holds wherever they are, and only while they are: what this browser keeps for whoever sits
 * before it when nobody is stays in its own cookie, and is not touched (CNIL, délibération 2025-131).
 *
 * The page says who is signed in by a token of the site's backend, as `data-account` of the script's tag, or by `consent.account()`.
 */
import { print } from "../cookie.ts";
import type { Part } from "../part.ts";
import type { Consent } from "../types.ts";
import { base } from "./choice/base.ts";
import { tell, untell, withBody } from "./choice/box.ts";
import { drop, find, keep, storedOf, type Found } from "./choice/found.ts";
import { kept, lifeOf, put } from "./choice/kept.ts";
import { COOKIE, pending, recall, remember, tagOf, type Known } from "./choice/known.ts";
import { person } from "./choice/person.ts";

interface Settings {
  /** Says that what was chosen elsewhere holds here, in the language of the notice. */
  text: string;
}

/** For so many milliseconds what the server said is not asked again, and for so many it holds while it is. */
const [FRESH, TRUSTED] = [60_000, 3_600_000];

const BOX = "consent-account";

const account: Part<Settings> = (kit, { text }) => {
  const { notice } = kit;
  const own = { ...kit };
  const here = base(notice.site);
  const ways = person(kit, own);
  let turn = 0;
  let current = ""; // whose choice the page follows

  const forget = (): void => {
    drop();
    remember(notice.site);
  };

  /** What was found counts, unless something newer was chosen here. `asked` is what the server was to know of when it was asked. */
  const merge = (found: Found, token: string, known: Known, asked: string | undefined): void => {
    const { choice, subject_id } = found;
    const made = kept(COOKIE);
    const mine = made?._subject === known.subject ? made : null;
    const stored = choice && storedOf(choice, subject_id);
    const isNews = !!stored && !(mine && mine._decision >= stored._decision);
    const waits = pending(notice.site, known.tag).length > 0;
    const isGone = !stored && !!mine && mine._decision === asked && !waits;
    if (isNews) keep(stored, choice, kit);
    else if (isGone)
      drop(); // it was erased
    else if (mine) put(COOKIE, print({ ...mine, _subject: subject_id }), lifeOf(mine, notice));
    const none = !kept(COOKIE);
    // What is still on its way the server did not know.
    remember(notice.site, { tag: known.tag, subject: subject_id, at: waits ? 0 : Date.now(), none });
    ways.account(subject_id, token);
    // The server has refused it, for instance as the token had expired.
    if (stored && !isNews && mine && mine._decision === asked && asked !== stored._decision && !waits)
      own.again(mine._bits);
    else if (isNews && !known.at && kit.chosen()) withBody(() => tell(kit, BOX, text));
  };

  const signIn = async (token?: string | null): Promise<void> => {
    const mine = ++turn;
    untell(BOX);
    if (!token) {
      current = "";
      forget();
      return ways.device();
    }
    const known = recall(notice, tagOf(token));
    const { at, none, subject } = known;
    const age = Date.now() - at;
    const isKnown = kept(COOKIE)?._subject === subject || (!!none && !kept(COOKIE));
    // In a page that goes on nothing is held back that runs.
    if (isKnown && (age < TRUSTED || current === known.tag)) ways.account(subject, token);
    else {
      if (!isKnown) drop();
      remember(notice.site, known);
      ways.unknown(subject, token);
    }
    current = known.tag;
    if (isKnown && age < FRESH) return;
    const asked = pending(notice.site, known.tag).length ? undefined : kept(COOKIE)?._decision;
    const found = await find(here, kit, token, () => turn !== mine);
    if (turn !== mine || !found) return;
    if (typeof found !== "string") return merge(found, token, known, asked);
    console.warn("consent: who is signed in is not known:", found);
    // Somebody is, and the page can say so with another token.
    if (found === "account_expired") return;
    current = "";
    forget();
    ways.device();
  };

  const script = document.currentScript as HTMLScriptElement | null;
  const token = script?.dataset["account"];
  // Other scripts of the page need not read it.
  script?.removeAttribute("data-account");
  if (token) {
    kit.signedIn = true;
    // What is found elsewhere was not chosen by an account, and what the browser objects to it objects to here.
    kit.take = () => {};
    kit.object = ways.object;
    void signIn(token);
  } else if (token === "") forget();
  // A page that says nothing may still say it: nobody is signed in if it does not.
  else addEventListener("pagehide", () => turn || forget());
  // When the script has run.
  void Promise.resolve().then(() => {
    const api: Partial<Consent> | undefined = window.consent;
    // An earlier script may have a `var consent`: the page keeps its own.
    if (typeof api?.allows === "function") Object.assign(api, { account: signIn });
  });
};

export default account;
