/** The one page that all contestants share, and what a contestant is. */

/**
 * What is shown, in French: taken from our own notice, so that all say the same.
 *
 * @typedef {{ title: string, body: string, accept: string, reject: string, customise: string, save: string, close: string,
 *   settings: string, explains: string, privacy: string, categories: { category: string, title: string, description: string }[] }} Words
 */

/**
 * One page of the comparison.
 *
 * - `head`, `tail`: markup at the start of `<head>` and at the end of `<body>`, as the contestant's own manual has it
 * - `tags`: the two scripts and the frame that wait, in the contestant's own form; empty where they stand in its config
 * - `files`: what the page asks for, by path
 * - `accept`, `customise`, `second`: the buttons of the first layer, and an element of the second one
 * - `holds`: what must not be asked for before the choice, and has to be after it
 *
 * @typedef {{ name: string, head?: string, tail?: string, tags?: string, files?: Record<string, string>,
 *   accept?: string, customise?: string, second?: string, holds: string[] }} Contestant
 */

/** Paths of the tags: each contestant's category `analytics`, `advertisement`, `functional`. */
export const TAGS = ["/tag/analytics.js", "/tag/advertisement.js", "/tag/frame.html"];

/** The size of the frame, so that no placeholder has to guess. */
export const FRAME = 'width="320" height="180" title="Film"';

/** Scripts and a frame that wait: the same markup for everybody who reads an attribute. @param {string} attribute @param {string[]} values */
export const tagged = (attribute, [analytics, advertisement, functional] = []) =>
  `<script type="text/plain" ${attribute}="${analytics}" data-src="${TAGS[0]}"></script>
<script type="text/plain" ${attribute}="${advertisement}" data-src="${TAGS[1]}"></script>
${functional === undefined ? "" : `<iframe ${attribute}="${functional}" data-src="${TAGS[2]}" ${FRAME}></iframe>`}`;

const text =
  "Un tramway traverse la place, et la ville attend. Les travaux dureront deux ans, dit la mairie, qui promet des arbres. ";

/** @param {Contestant} one */
export const page = ({ head = "", tags = "", tail = "" }) => `<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Essai</title><meta name="viewport" content="width=device-width">
${head}<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"></head>
<body><main><h1>Le tramway, la place et la ville qui attend</h1><p class="lead">${text.repeat(3)}</p>
${tags}
${`<p>${text.repeat(4)}</p>`.repeat(12)}</main>
${tail}</body></html>`;

/** What no contestant brings: the page's own style sheet, which it waits for as any page does, and what the tags load. */
export const shared = {
  "/page.css": `body{margin:0;font:1.1rem/1.6 "Liberation Serif",serif;color:#222;background:#fff}
main{max-width:46rem;margin:0 auto;padding:2rem 1rem}h1{font-size:3rem;line-height:1.1;margin:0 0 1rem}.lead{font-size:1.4rem}
iframe{border:0;background:#ddd}@media(max-width:40rem){h1{font-size:2rem}.lead{font-size:1.2rem}}`,
  "/tag/analytics.js": "window.tags=(window.tags||0)+1",
  "/tag/advertisement.js": "window.tags=(window.tags||0)+1",
  "/tag/frame.html": "<!doctype html><title>Film</title><p>Film</p>",
};
