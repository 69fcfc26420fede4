/** osano's cookieconsent of 2020: one layer, and it blocks nothing by itself, so its page has nothing that waits. */
import { files } from "../installed.mjs";

/** @param {import("../page.mjs").Words} words @returns {Promise<import("../page.mjs").Contestant>} */
export async function osano(words) {
  const config = {
    type: "opt-in",
    content: {
      message: words.body,
      allow: words.accept,
      deny: words.reject,
      link: words.privacy,
      href: "/privee",
    },
  };
  return {
    name: "osano",
    head: `<link rel="stylesheet" href="/osano.css">\n`,
    tail: `<script src="/osano.js"></script><script>cookieconsent.initialise(${JSON.stringify(config)})</script>`,
    files: await files({
      "/osano.js": "cookieconsent/build/cookieconsent.min.js",
      "/osano.css": "cookieconsent/build/cookieconsent.min.css",
    }),
    accept: ".cc-window .cc-allow",
    holds: [],
  };
}
