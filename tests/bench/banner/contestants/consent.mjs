/** Ours: the script of `consent.toml`'s site, from the program itself, first in the head as DESIGN and manual want it. */
import { TAGS, tagged } from "../page.mjs";

/** @returns {import("../page.mjs").Contestant} */
export const consent = () => ({
  name: "consent",
  head: `<script src="/v1/sites/bench/banner.js"></script>\n`,
  tags: tagged("data-consent", ["analytics", "advertisement", "functional"]),
  accept: "#consent-accept-all",
  customise: "#consent-customise",
  second: "#consent-toggle-advertisement",
  holds: TAGS,
});

/** Ours, on the page without a frame: what the peer that can not hold one back is compared with. @returns {import("../page.mjs").Contestant} */
export const frameless = () => ({
  ...consent(),
  name: "consent, no frame",
  tags: tagged("data-consent", ["analytics", "advertisement"]),
  holds: TAGS.slice(0, 2),
});
