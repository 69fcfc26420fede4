/** What is aimed at, with how far it is met, and what has to hold. Times are only told: machines differ, and are busy. */
import { median } from "./table.mjs";
import { SLOWER } from "./visit.mjs";

/** @typedef {import("./visit.mjs").Visit} Visit */

/**
 * Ratios are medians of those of the same round, which a busy minute slows together.
 *
 * @param {Map<string, Visit[]>} visits @param {Map<string, Visit[]>} fast those without a slowed CPU
 */
export function aims(visits, fast) {
  const { ours, frameless, floor, vanilla, frames, plain } = known(visits);
  const unslowed = known(fast, true);
  /** @param {keyof Visit} key @param {Visit[]} others */
  const ratio = (key, others, own = ours) =>
    median(own.map((visit, round) => Number(visit[key]) / Number(others[round]?.[key])));
  // What a task takes at full speed, times as much as it is slowed, is what it takes on an idle machine. The slowed CPU is no
  // judge of it: it stops the thread for three times what passes on the clock, and so for more where something else runs.
  const longest = SLOWER * Math.min(...unslowed.ours.map(visit => visit.longest));
  const peers = [...visits].filter(
    ([name]) => !["no banner", "floor"].includes(name) && !name.startsWith("consent"),
  );
  const ahead = peers.map(([name, list]) => ({ name: name.trim(), ratio: ratio("banner", list) }));
  const nearest = ahead.reduce((one, other) => (other.ratio > one.ratio ? other : one));
  return [
    aim("time to banner, of the floor's", ratio("banner", floor), 1.15),
    aim(`time to banner, of the nearest peer's (${nearest.name})`, nearest.ratio, 1),
    // Like with like: it can not hold back frames, so alone it is compared on a page that has none.
    aim("script time without a frame, of vanilla-cookieconsent's", ratio("script", vanilla, frameless), 0.5),
    aim("the same at full speed", ratio("script", unslowed.vanilla, unslowed.frameless), 0.5),
    aim("script time with the frame, of its with iframemanager", ratio("script", frames), 0.5),
    aim("the same at full speed", ratio("script", unslowed.frames, unslowed.ours), 0.5),
    aim("click to next paint, of the floor's", ratio("click", floor), 1),
    `longest task of our script: ${longest.toFixed(1)} ms (aim: below 50; ${longest < 50 ? "met" : "not met"})`,
    `largest contentful paint, of the page's without a banner: ${ratio("lcp", plain).toFixed(2)}`,
  ].join("\n");
}

/** @param {string} what @param {number} value @param {number} most */
const aim = (what, value, most) =>
  `${what}: ${value.toFixed(2)} (aim: at most ${most.toFixed(2)}; ${value <= most ? "met" : "not met"})`;

/**
 * What is exact, and so may fail the command. Says how many do not hold.
 *
 * @param {Map<string, Visit[]>} visits
 * @param {boolean} narrow whether the article has the largest paint on a telephone
 */
export function broken(visits, narrow) {
  const { ours } = known(visits);
  /** @type {[string, boolean][]} */
  const holds = [
    ["one request before the banner shows", ours.every(({ requests }) => requests === 1)],
    ["nothing shifts, neither when it shows nor when it goes", ours.every(({ shift }) => shift === 0)],
    ["the banner is not the largest contentful paint", narrow && ours.every(visit => !visit.banner_is_lcp)],
  ];
  for (const [what, held] of holds) console.log(`${held ? "holds" : "BROKEN"}: ${what}`);
  return holds.filter(([, held]) => !held).length;
}

/** @param {Map<string, Visit[]>} visits @param {boolean} [some] whether not all need be there */
function known(visits, some) {
  const [plain, floor, ours, frameless, vanilla, frames] = [
    "no banner",
    "floor",
    "consent",
    "consent, no frame",
    "vanilla-cookieconsent",
    "  + iframemanager",
  ].map(name => visits.get(name) ?? (some ? [] : undefined));
  if (!plain || !floor || !ours || !frameless || !vanilla || !frames) throw new Error("somebody is missing");
  return { plain, floor, ours, frameless, vanilla, frames };
}
