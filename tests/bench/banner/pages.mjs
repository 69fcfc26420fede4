/** One French page, blocked and asked about by each contestant: five categories, two scripts, one iframe. */
import { readFile } from "node:fs/promises";

/** @typedef {{ name: string, head: string, tail: string, script: [string, string], frame: string, accept: string }} Contestant */

const categories = ["necessary", "functional", "analytics", "performance", "advertisement"];
const says = "Nous utilisons des traceurs pour mesurer l’audience et montrer des publicités.";
/** @param {string} path */
const module = path => readFile(new URL("node_modules/" + path, import.meta.url), "utf8");

/** What is tagged alike, by the attribute of each contestant. @param {string} attribute */
const tagged = attribute => ({
  script: /** @type {[string, string]} */ (
    ["analytics", "advertisement"].map(
      (category, index) =>
        `<script type="text/plain" ${attribute}="${category}" data-src="/tag${index}.js"></script>`,
    )
  ),
  frame: `<iframe ${attribute}="functional" data-src="/frame.html" width="320" height="180" title="Film"></iframe>`,
});

/** The least that still blocks, asks and stores: one layer, no choice of categories. */
const floor = `<div id="ask" style="position:fixed;bottom:0;left:0;right:0;padding:1em;background:#fff" hidden>
<p>${says}</p><button id="no">Tout refuser</button> <button id="yes">Tout accepter</button></div><script>
{const run=()=>document.querySelectorAll("[data-floor]").forEach(e=>{if(e.tagName=="IFRAME")e.src=e.dataset.src;
else{const s=document.createElement("script");s.src=e.dataset.src;e.replaceWith(s)}}),
ask=document.getElementById("ask"),set=v=>{localStorage.choice=v;ask.hidden=true;if(v=="yes")run()},
was=localStorage.choice;if(was=="yes")run();else if(!was)ask.hidden=false;
for(const v of["yes","no"])document.getElementById(v).onclick=()=>set(v)}</script>`;

/** Every contestant, and the files that its page asks for. @param {string} banner our site's script, as the server sends it */
export async function contestants(banner) {
  /** @type {Record<string, string>} */
  const files = {
    "/v1/sites/newsroom/banner.js": banner,
    "/vanilla.js": await module("vanilla-cookieconsent/dist/cookieconsent.umd.js"),
    "/vanilla.css": await module("vanilla-cookieconsent/dist/cookieconsent.css"),
    "/osano.js": await module("cookieconsent/build/cookieconsent.min.js"),
    "/osano.css": await module("cookieconsent/build/cookieconsent.min.css"),
    "/klaro.js": await module("klaro/dist/klaro.js"),
  };
  const vanilla = {
    hideFromBots: false, // it shows nothing to a driven browser otherwise
    categories: Object.fromEntries(categories.map((name, index) => [name, index ? {} : { readOnly: true }])),
    language: {
      default: "fr",
      translations: {
        fr: {
          consentModal: {
            title: "Vos choix",
            description: says,
            acceptAllBtn: "Tout accepter",
            acceptNecessaryBtn: "Tout refuser",
            showPreferencesBtn: "Choisir",
          },
          preferencesModal: {
            title: "Vos choix",
            acceptAllBtn: "Tout accepter",
            acceptNecessaryBtn: "Tout refuser",
            savePreferencesBtn: "Enregistrer",
            sections: categories.map(name => ({ title: name, description: says, linkedCategory: name })),
          },
        },
      },
    },
  };
  const klaro = {
    lang: "fr",
    acceptAll: true,
    translations: { fr: { consentNotice: { description: says }, ok: "Tout accepter" } },
    services: categories.map((name, index) => ({
      name,
      title: name,
      purposes: [name],
      required: index === 0,
    })),
  };
  const osano = {
    type: "opt-in",
    content: { message: says, allow: "Tout accepter", deny: "Tout refuser", href: "/" },
  };
  /** @type {Contestant[]} */
  const all = [
    { name: "floor", head: "", tail: floor, accept: "#yes", ...tagged("data-floor") },
    {
      name: "consent",
      head: `<script src="/v1/sites/newsroom/banner.js"></script>`,
      tail: "",
      accept: "#consent-banner button",
      ...tagged("data-consent"),
    },
    {
      name: "vanilla-cookieconsent",
      head: `<link rel="stylesheet" href="/vanilla.css">`,
      tail: `<script src="/vanilla.js"></script><script>CookieConsent.run(${JSON.stringify(vanilla)})</script>`,
      accept: "#cc-main [data-role=all]",
      script: [
        `<script type="text/plain" data-category="analytics" src="/tag0.js"></script>`,
        `<script type="text/plain" data-category="advertisement" src="/tag1.js"></script>`,
      ],
      frame: "", // its frames need a second library
    },
    {
      name: "osano",
      head: `<link rel="stylesheet" href="/osano.css">`,
      tail: `<script src="/osano.js"></script><script>cookieconsent.initialise(${JSON.stringify(osano)})</script>`,
      accept: ".cc-allow",
      script: ["", ""], // it blocks nothing by itself
      frame: "",
    },
    {
      name: "klaro",
      head: "",
      tail: `<script>var klaroConfig=${JSON.stringify(klaro)}</script><script src="/klaro.js"></script>`,
      accept: ".klaro .cm-btn-success",
      script: [
        `<script type="text/plain" data-name="analytics" data-src="/tag0.js"></script>`,
        `<script type="text/plain" data-name="advertisement" data-src="/tag1.js"></script>`,
      ],
      frame: `<iframe data-name="functional" data-src="/frame.html" width="320" height="180" title="Film"></iframe>`,
    },
  ];
  for (const one of all) files["/" + one.name + ".html"] = page(one);
  files["/plain.html"] = page({ name: "", head: "", tail: "", script: ["", ""], frame: "", accept: "" });
  return { all, files };
}

/** @param {Contestant} one */
function page({ head, tail, script, frame }) {
  const text = "<p>Un tramway traverse la place, et la ville attend.</p>".repeat(20);
  return `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Essai</title>${head}${script.join("")}</head>
<body><h1 style="font-size:3em">Le tramway, la place et la ville qui attend</h1>${frame}${text}${tail}</body></html>`;
}
