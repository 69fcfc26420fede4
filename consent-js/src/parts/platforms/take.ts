/** Takes over the choice that a visitor made on another platform, once, where none was made here. */
import type { Bits } from "../../category.ts";
import type { MovingIn } from "../../moving_in.ts";
import type { Part } from "../../part.ts";
import type { Kept, Read } from "./kept.ts";
import { taken, type Taken } from "./taken.ts";

/** All values of one cookie. */
const values = (name: string): string[] =>
  document.cookie
    .split("; ")
    .filter(pair => pair.startsWith(name + "="))
    .map(pair => pair.slice(name.length + 1));

const kept: Kept = {
  cookie: name => {
    const all = values(name);
    if (all.some(value => value !== all[0])) throw new Error("which of them counts?");
    return all[0];
  },
  stored: name => localStorage.getItem(name) ?? undefined,
};

/** What is declared of a platform, and what was found of it on this page: the parts have one notice between them. */
type Declared = Pick<MovingIn, "categories" | "name" | "platform"> & { found?: Bits };

/** The part for one platform. */
export const takeOver =
  (platform: string, read: Read): Part<unknown> =>
  ({ chosen, gpc, notice, reread, signedIn, take }) => {
    if (signedIn) return;
    const all: Declared[] = notice.moving_in ?? [];
    const declared = all.find(one => one.platform === platform);
    const first = all.find(one => one.found !== undefined);
    const queue = "consent:" + notice.site;
    // Kept beside the queue: what another platform keeps may outlast a choice here, and would be young again each time.
    const mark = queue + ":moved_in";
    let found: Taken | null = null;
    try {
      const here = () => values("consent").length || localStorage.getItem(queue);
      if (!declared) return;
      // Who finds either was perhaps overtaken by another tab, whose cookie was there before them.
      if (localStorage.getItem(mark)) return reread();
      if (!first && (chosen() || here())) {
        localStorage.setItem(mark, "1");
        return reread();
      }
      const theirs = read(kept, declared.name);
      found = taken(platform, theirs, declared.categories, notice.ask_again_after, gpc());
    } catch {
      return; // what can not be read, or asked for, is no choice
    }
    if (!found) return;
    const { bits, since, from } = found;
    // Which of two is newer is not always known: granted is what both grant, and the first one is told of.
    if (first) {
      first.found! &= bits;
      return take(first.found!, since);
    }
    declared.found = bits;
    // It holds from now on, and is recorded by one tab of those that found it at the same time. A page that goes in between has
    // recorded nothing, and leaves it to the next one.
    take(bits, since);
    const record = () => {
      if (!values("consent").length) take(declared.found!, since, from);
      // After the cookie, which another tab looks for when it finds this. None is there if somebody has signed in meanwhile.
      try {
        if (values("consent").length) localStorage.setItem(mark, "1");
      } catch {
        // full: then it may be taken over once more when the choice here has gone
      }
    };
    // Not in pages that are not secure (https://w3c.github.io/web-locks).
    if (navigator.locks) void navigator.locks.request(mark, record);
    else void Promise.resolve().then(record); // after all parts
  };
