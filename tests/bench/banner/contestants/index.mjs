/** Who takes part, in the order of the table. */
import { TAGS, tagged } from "../page.mjs";
import { c15t } from "./c15t.mjs";
import { consent, frameless } from "./consent.mjs";
import { floor } from "./floor.mjs";
import { klaro } from "./klaro.mjs";
import { osano } from "./osano.mjs";
import { tarteaucitron } from "./tarteaucitron.mjs";
import { vanilla, vanillaFrames } from "./vanilla.mjs";

/** The page with nobody to ask on it: its tags wait for ever. @type {import("../page.mjs").Contestant} */
export const plain = { name: "no banner", tags: tagged("data-plain", ["", "", ""]), holds: TAGS };

/** @param {import("../page.mjs").Words} words @param {string} origin where their pages are served */
export const contestants = async (words, origin) => [
  plain,
  floor(words),
  consent(),
  frameless(),
  await vanilla(words),
  await vanillaFrames(words),
  await klaro(words),
  await tarteaucitron(words, origin),
  await c15t(words),
  await osano(words),
];
