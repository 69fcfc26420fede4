/** Loads the page again when something is withdrawn that has run in it, and that the site says can not be undone. */
import type { Part } from "../part.ts";
import { hosts } from "./gate/hosts.ts";

interface Settings {
  /** Categories and services. */
  words: string[];
}

const reload: Part<Settings> = (kit, { words }) => {
  const { allowed, listen, notice } = kit;
  const find = hosts(kit);
  /** What each script that has run here waited for. */
  const ran: string[][] = [];

  const category = (word: string) => notice.services?.find(({ id }) => id === word)?.category || word;
  const gone = (word: string) =>
    !allowed(word) &&
    (words.includes(word) || words.includes(category(word))) &&
    // Where silence counts and the browser keeps no choice, the next page would run it again: nothing would be gained.
    (notice.regime.rules[notice.categories.findIndex(one => one.category === category(word))] === "opt_in" ||
      /(^|; )consent(-account)?=1/.test(document.cookie));

  // What the gate releases stands in the place of the tag that waited.
  new MutationObserver(records => {
    for (const { addedNodes, removedNodes } of records) {
      const [tagged] = removedNodes;
      const [script] = addedNodes;
      if (!(script instanceof HTMLScriptElement && tagged instanceof HTMLScriptElement)) continue;
      const { service, consent } = tagged.dataset;
      const waited = (service || consent || "").split(/\s+/).filter(Boolean);
      if (!waited.length) continue;
      // One that is stopped while it loads, or fails to, has not run.
      if (script.src) script.addEventListener("load", () => ran.push(waited));
      else ran.push(waited);
    }
  }).observe(document, { childList: true, subtree: true });
  // And what nobody marked, if its host was declared.
  document.addEventListener(
    "load",
    ({ target }) => {
      const found = target instanceof HTMLScriptElement && find(target.src);
      if (found) ran.push([found.word]);
    },
    true,
  );

  // When the choice has been kept: a page that goes sends it as it goes.
  listen(() => {
    if (kit.changes) ran.length = 0;
    else if (ran.some(waited => waited.some(gone))) setTimeout(() => location.reload());
  });
};

export default reload;
