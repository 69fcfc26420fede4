/** A choice goes with a link from one site of the group to another, and is taken there once the server has said yes. */
import type { Part } from "../part.ts";
import { kept } from "./choice/kept.ts";
import { receive, take } from "./choice/taken.ts";

/** The origins of the other sites, by the sites' ids. */
type Settings = Record<string, string[]>;

/** After this many milliseconds a token is asked for anew: it is good for a minute by the server's clock. */
const FRESH = 30_000;

const handoff: Part<Settings> = (kit, sites) => {
  const { chosen, notice } = kit;
  // Before any other script of the page: the token is nobody's business, and not part of the address.
  const token = take();
  const base = /^[^?#]*\//.exec(
    (document.currentScript as HTMLScriptElement | null)?.src ||
      `${location.origin}/v1/sites/${notice.site}/`,
  )![0];
  const ask = (route: string, body: unknown) =>
    fetch(base + route, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
      credentials: "omit",
      keepalive: true,
      signal: AbortSignal.timeout?.(10_000) as AbortSignal, // older browsers have none
    });
  if (token) void receive(token, body => ask("decisions", body), kit);

  /** What was given for each site, and for which decision. */
  const given = new Map<string, { decision: string; at: number; token: string }>();
  const asked = new Set<string>();

  const prepare = (event: Event): void => {
    if (event instanceof KeyboardEvent && event.key !== "Enter") return;
    const to = goal(event, sites)?.site;
    const decision = chosen() && kept()?._decision;
    if (!to || !decision || asked.has(to)) return;
    const one = given.get(to);
    const at = Date.now();
    if (one?.decision === decision && at - one.at < FRESH) return;
    asked.add(to);
    ask("handoffs", { decision_id: decision, to })
      .then(async answer => {
        const { token } = (await answer.json()) as { token?: string };
        if (token) given.set(to, { decision, at, token });
      })
      .catch(() => {}) // the link works as ever, and the other site asks
      .finally(() => asked.delete(to));
  };
  // From the first sign that somebody may follow the link, as a click never waits. Once in a while for each site, not for each link.
  for (const type of ["pointerover", "pointerdown", "touchstart", "focusin", "keydown"])
    document.addEventListener(type, prepare, { capture: true, passive: true });

  const follow = (event: Event): void => {
    const found = goal(event, sites);
    if (!found) return;
    const { link, site } = found;
    const one = given.get(site);
    const holds = one && chosen() && kept()?._decision === one.decision;
    if (!holds || Date.now() - one.at > 1.5 * FRESH) return;
    given.delete(site); // it is good once
    const before = link.getAttribute("href")!;
    const address = new URL(link.href);
    const rest = address.hash.slice(1);
    address.hash = `consent-handoff=${one.token}` + (rest && "&" + rest);
    link.href = address.href;
    // What the browser does with the click it does with the address as it is now; nobody else needs to see it.
    setTimeout(() => link.setAttribute("href", before));
  };
  for (const type of ["click", "auxclick"]) document.addEventListener(type, follow, true);
};

export default handoff;

/** The link that an event is about, if it leads to another site of the group. */
function goal(event: Event, sites: Settings): { link: HTMLAnchorElement; site: string } | null {
  const link = (event.target as Element).closest?.<HTMLAnchorElement>("a[href]");
  if (!link) return null;
  for (const [site, origins] of Object.entries(sites))
    if (origins.includes(link.origin)) return { link, site };
  return null;
}
