/** Links to other sites of the group, and what they carry. */
import { FRAGMENT, split } from "./token.ts";

/** The origins of the other sites, by the sites' ids. */
export type Sites = Record<string, string[]>;

/** The link that an event is about. */
export const linkOf = ({ target }: Event): HTMLAnchorElement | null =>
  (target as Element).closest?.<HTMLAnchorElement>("a[href]") ?? null;

/** The other site of the group that a link leads to. */
export const siteOf = (link: HTMLAnchorElement | null, sites: Sites): string | undefined =>
  link ? Object.keys(sites).find(site => sites[site]!.includes(link.origin)) : undefined;

/** A token that the page wrote is somebody else's. */
export function clean(link: HTMLAnchorElement): void {
  const found = split(link.hash);
  if (found) link.hash = found[0];
}

/** Has a link carry a token, and say where it leads from; gives back what makes it again what the page wrote. */
export function carry(link: HTMLAnchorElement, token: string): () => void {
  const names = ["href", "referrerpolicy"];
  const before = names.map(name => link.getAttribute(name));
  const rest = link.hash.slice(1);
  link.hash = FRAGMENT + token + (rest && "&" + rest);
  link.referrerPolicy = "origin";
  const carries = link.href;
  return () => {
    if (link.href !== carries) return; // the page has written another one since
    names.forEach((name, at) =>
      before[at] == null ? link.removeAttribute(name) : link.setAttribute(name, before[at]),
    );
  };
}
