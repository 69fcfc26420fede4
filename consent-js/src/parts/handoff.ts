/** A choice goes with a link from one site of the group to another, and is taken there once the server has said yes. */
import { ALL } from "../category.ts";
import { uuidTime } from "../ids.ts";
import type { Part } from "../part.ts";
import { base, post } from "./choice/base.ts";
import { kept } from "./choice/kept.ts";
import { carry, clean, linkOf, siteOf, type Sites } from "./choice/link.ts";
import { cameFrom, receive } from "./choice/taken.ts";
import { cut, word } from "./choice/token.ts";

/** After this many milliseconds a token is asked for anew: it is good for a minute by the server's clock. */
const FRESH = 30_000;

const handoff: Part<Sites> = (kit, sites) => {
  const { chosen, notice } = kit;
  // Before any other script of the page: the token is nobody's business, and not part of the address.
  const said = cut();
  const here = base(notice.site);
  const record = (body: unknown) => post(here + "decisions", body);
  const { ...own } = kit;
  const done = said && receive(said, cameFrom(sites[said.from]), record, own);
  if (done) {
    // A choice on another platform, or the browser's objection, is found after this one, and does not outrank it.
    const later = (act: () => void) => void done.then(() => kept() || act());
    kit.take = (bits, since, from) => later(() => own.take(bits & said.bits, since, from));
    kit.object = () => later(own.object);
  }
  // In a page that is there already any other page that holds this window can change the fragment, and the referrer says nothing of
  // that: so what such a token denies counts, and nothing else.
  addEventListener("hashchange", () => {
    const said = cut();
    if (said) void receive(said, false, record, own);
  });

  /** What was given for each site, and for which decision; an empty token is a refusal. */
  const given = new Map<string, { decision: string; at: number; token: string }>();
  const asked = new Set<string>();
  /** Makes a link again what the page wrote. */
  let undo = (): void => {};

  const prepare = (event: Event): void => {
    if (event.type !== "pointerover" && event.type !== "focusin") undo();
    const link = linkOf(event);
    const to = siteOf(link, sites);
    if (!to || (event instanceof KeyboardEvent && event.key !== "Enter")) return;
    clean(link!);
    // What they chose is no choice of this browser's, and what this browser holds is not theirs.
    if (kit.signedIn) return;
    const decision = chosen() && kept()?._decision;
    if (!decision || asked.has(to)) return;
    const one = given.get(to);
    const at = Date.now();
    if (one?.decision === decision && at - one.at < FRESH) return;
    asked.add(to);
    post(here + "handoffs", { decision_id: decision, to })
      .then(async answer => {
        const { token = "" } = (await answer.json()) as { token?: string };
        if (token || answer.status === 409) given.set(to, { decision, at, token });
      })
      .catch(() => {}) // the link works as ever, and the other site asks
      .finally(() => asked.delete(to));
  };
  // From the first sign that somebody may follow the link, as a click never waits. Once in a while for each site, not for each link.
  for (const type of ["pointerover", "pointerdown", "touchstart", "focusin", "keydown"])
    document.addEventListener(type, prepare, { capture: true, passive: true });

  const follow = (event: Event): void => {
    const link = linkOf(event);
    const site = siteOf(link, sites);
    const isMenu = event.type === "contextmenu";
    // The other button's click comes with its menu.
    if (!link || !site || (event.type === "auxclick" && (event as MouseEvent).button !== 1)) return;
    undo();
    clean(link);
    const choice = chosen() && kept();
    // A script that clicks is not the visitor.
    if (!event.isTrusted || !choice || kit.signedIn) return;
    const one = given.get(site);
    const isGood = one?.decision === choice._decision && Date.now() - one.at < 1.5 * FRESH;
    // A tap can be sooner than the answer, and a withdrawal than its record. What is denied needs no word of the server's; what the
    // browser's objection denies it tells the other site by itself.
    const denies = choice._bits !== ALL && !kit.gpc();
    const unsigned = denies ? word(choice._bits, notice.site, uuidTime(choice._decision)) : "";
    const token = isGood ? one.token : unsigned;
    if (!token) return;
    if (isGood && !isMenu) given.delete(site); // it is good once
    undo = carry(link, token);
    // What the browser does with the click it does with the address as it is now; nobody else needs to see it. A menu stays open.
    setTimeout(undo, isMenu ? 1.5 * FRESH : 0);
  };
  for (const type of ["click", "auxclick", "contextmenu"]) document.addEventListener(type, follow, true);
  // A choice that was given and not followed yet must not outlive the next one.
  kit.listen(() => {
    undo();
    given.clear();
  });
};

export default handoff;
