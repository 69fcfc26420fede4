/** c15t with its React interface, without its server (`offline`), bundled and minified as an application would be. */
import { join } from "node:path";
import { build } from "esbuild";
import { TAGS } from "../page.mjs";

/** @param {import("../page.mjs").Words} words @returns {Promise<import("../page.mjs").Contestant>} */
export async function c15t(words) {
  return {
    name: "c15t (React)",
    head: `<link rel="stylesheet" href="/c15t.css">\n`,
    tail: `<div id="app"></div><script>var words=${JSON.stringify(words)}</script><script src="/c15t.js"></script>`,
    // Its scripts stand in its config, in c15t.client.mjs; the frame is in the page.
    tags: `<iframe data-category="functionality" data-src="${TAGS[2]}" width="320" height="180" title="Film"></iframe>`,
    files: {
      "/c15t.js": await bundle(join(import.meta.dirname, "c15t.client.mjs")),
      "/c15t.css": await bundle("@c15t/react/styles.css"),
    },
    accept: "[data-testid=consent-banner-accept-button]",
    customise: "[data-testid=consent-banner-customize-button]",
    second: "[data-testid=consent-widget-footer-save-button]",
    holds: TAGS,
  };
}

/** @param {string} entry */
async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: join(import.meta.dirname, ".."),
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}
