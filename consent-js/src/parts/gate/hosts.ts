/** Declared hosts: what an address waits for. */
import type { Kit } from "../../part.ts";

/** What was declared of the host of an address. */
export interface Declared {
  /** The attribute by which an element waits for it, and its value: a service, the finer question, else a category. */
  attribute: "data-consent" | "data-service";
  word: string;
}

/**
 * Gives back how the declaration that covers an address is found: the one with the longest name. The page's own origin,
 * and the one that this script came from, are never held back: without them nothing works, not even the choice.
 */
export function hosts({ notice }: Kit): (address: unknown) => Declared | undefined {
  const declared = notice.categories
    .flatMap(({ category, hosts = [] }) =>
      hosts.map(({ name, service }): Declared & { name: string } => ({
        attribute: service ? "data-service" : "data-consent",
        name: "." + name,
        word: service || category,
      })),
    )
    .sort((one, other) => other.name.length - one.name.length);
  const script = document.currentScript as HTMLScriptElement | null;
  const own = [location.href, script?.src || location.href].map(address => new URL(address).origin);
  return address => {
    try {
      const { host, hostname, origin } = new URL(String(address), document.baseURI);
      if (own.includes(origin)) return;
      return declared.find(({ name }) => ["." + host, "." + hostname].some(own => own.endsWith(name)));
    } catch {
      return; // no address
    }
  };
}

/** The same, for what is denied now: `undefined` if the address may be used. */
export function deniedHosts(kit: Kit): (address: unknown) => Declared | undefined {
  const find = hosts(kit);
  return address => {
    const found = find(address);
    return found && !kit.allowed(found.word) ? found : undefined;
  };
}
