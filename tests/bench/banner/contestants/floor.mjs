/** The least that still asks, blocks, stores and releases, written by hand: one layer, no choice of categories. */
import { tagged } from "../page.mjs";

/** @param {import("../page.mjs").Words} words @returns {import("../page.mjs").Contestant} */
export const floor = ({ body, accept, reject, privacy }) => ({
  name: "floor",
  tags: tagged("data-floor", ["", "", ""]),
  tail: `<div id="ask" style="position:fixed;bottom:0;left:0;right:0;padding:1em;background:#fff" hidden>
<p>${body}</p><button id="no">${reject}</button> <button id="yes">${accept}</button> <a href="/privee">${privacy}</a></div><script>
{const run=()=>document.querySelectorAll("[data-floor]").forEach(e=>{if(e.tagName=="IFRAME")e.src=e.dataset.src;
else{const s=document.createElement("script");s.src=e.dataset.src;e.replaceWith(s)}}),
ask=document.getElementById("ask"),set=v=>{localStorage.choice=v;ask.hidden=true;if(v=="yes")run()},
was=localStorage.choice;if(was=="yes")run();else if(!was)ask.hidden=false;
for(const v of["yes","no"])document.getElementById(v).onclick=()=>set(v)}</script>`,
  accept: "#yes",
  holds: ["/tag/analytics.js", "/tag/advertisement.js", "/tag/frame.html"],
});
