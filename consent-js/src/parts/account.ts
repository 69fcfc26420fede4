/**
 * The choice of somebody who is signed in holds wherever they are, and only while they are: what this browser keeps for whoever sits
 * before it when nobody is stays in its own cookie, and is not touched (CNIL, délibération 2025-131).
 *
 * The page says who is signed in by a token of the site's backend, as `data-account` of the script's tag, or by `consent.account()`.
 */
import { NONE } from "../category.ts";
import type { Part } from "../part.ts";
import type { Consent } from "../types.ts";
import { base } from "./choice/base.ts";
import { tell, untell, withBody } from "./choice/box.ts";
import { drop, find } from "./choice/found.ts";
import { kept } from "./choice/kept.ts";
import { COOKIE, current, pending, recall, remember, tagOf } from "./choice/known.ts";
import { person } from "./choice/person.ts";
import { settle } from "./choice/settle.ts";

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
  const api = base(notice.site);
  const ways = person(kit, own);
  let turn = 0;
  let now = ""; // whose choice the page follows

  const nobody = (): void => {
    now = "";
    drop();
    remember(notice.site);
    ways.device();
  };

  const signIn = async (token?: string | null): Promise<void> => {
    const mine = ++turn;
    untell(BOX);
    if (!token) return nobody();
    const known = recall(notice, tagOf(token));
    const { at, none, subject } = known;
    const age = Date.now() - at;
    const isKnown = kept(COOKIE)?._subject === subject || (!!none && !kept(COOKIE));
    // In a page that goes on nothing is held back that runs.
    if (isKnown && (age < TRUSTED || now === known.tag)) ways.account(subject, token);
    else {
      if (!isKnown) drop();
      remember(notice.site, known);
      ways.unknown(subject, token);
    }
    now = known.tag;
    if (isKnown && age < FRESH) return;
    const decision = kept(COOKIE)?._decision;
    const found = await find(api, kit, [token, decision], () => turn !== mine);
    if (turn !== mine || !found) return;
    if (typeof found !== "string") {
      const isNew = await settle(api, kit, found, { token, known, decision });
      if (turn !== mine) return;
      ways.account(found.subject_id, token);
      if (isNew && !at && kit.chosen()) withBody(() => tell(kit, BOX, text));
      return;
    }
    console.warn("consent: who is signed in is not known:", found);
    // Somebody is, and the page can say so with another token.
    if (found === "account_expired") return;
    const chosen = kept(COOKIE);
    nobody();
    // Whoever it was has chosen here, and what they denied is not to run in the same page.
    if (chosen) own.take((kept()?._bits ?? NONE) & chosen._bits, undefined);
  };

  // What is chosen here is kept until the server is known to have it, without the token.
  own.listen(() => {
    const last = now && pending(notice.site, now).pop();
    if (last) remember(notice.site, { ...recall(notice, now), last: { ...last, account: undefined } });
  });
  addEventListener("storage", ways.look);
  document.addEventListener("visibilitychange", ways.look);
  addEventListener("pageshow", ({ persisted }) => {
    // Somebody else is signed in now than when this page was left, or nobody.
    if (persisted && current(notice.site) !== now) location.reload();
  });

  const script = document.currentScript as HTMLScriptElement | null;
  const token = script?.dataset["account"];
  // Other scripts of the page need not read it.
  script?.removeAttribute("data-account");
  if (token) {
    // What the browser objects to it objects to here.
    kit.object = ways.object;
    void signIn(token);
  } else if (token === "") nobody();
  // A page that says nothing may still say it: nobody is signed in if it does not.
  else
    addEventListener("pagehide", () => {
      if (turn) return;
      drop();
      remember(notice.site);
    });
  // When the script has run.
  void Promise.resolve().then(() => {
    const consent: Partial<Consent> | undefined = window.consent;
    // An earlier script may have a `var consent`: the page keeps its own.
    if (typeof consent?.allows === "function") Object.assign(consent, { account: signIn });
  });
};

export default account;
