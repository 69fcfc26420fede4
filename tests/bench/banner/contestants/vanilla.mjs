/**
 * vanilla-cookieconsent, alone and with the library of the same author that holds back its frames.
 *
 * Alone it can not block the frame, so its page has none: what it is compared by is then the smaller figure.
 */
import { files, installed } from "../installed.mjs";
import { TAGS } from "../page.mjs";

const sources = { js: "vanilla-cookieconsent/dist/cookieconsent.umd.js" };

/** @param {import("../page.mjs").Words} words @returns {Promise<import("../page.mjs").Contestant>} */
export async function vanilla(words) {
  return {
    name: "vanilla-cookieconsent",
    head: `<link rel="stylesheet" href="/vanilla.css">\n`,
    tail: `<script src="/vanilla.js"></script><script>CookieConsent.run(${JSON.stringify(config(words))})</script>`,
    tags: scripts,
    files: await files({
      "/vanilla.js": sources.js,
      "/vanilla.css": "vanilla-cookieconsent/dist/cookieconsent.css",
    }),
    accept: "#cc-main .cm [data-role=all]",
    customise: "#cc-main .cm [data-role=show]",
    second: "#cc-main .pm [data-role=save]",
    holds: TAGS.slice(0, 2),
  };
}

/** @param {import("../page.mjs").Words} words @returns {Promise<import("../page.mjs").Contestant>} */
export async function vanillaFrames(words) {
  const alone = await vanilla(words);
  const frames = {
    currLang: "fr",
    services: {
      film: { embedUrl: "{data-id}", languages: { fr: { notice: words.body, loadBtn: words.accept } } },
    },
  };
  return {
    ...alone,
    name: "  + iframemanager",
    head: alone.head + `<link rel="stylesheet" href="/frames.css">\n`,
    // Its manual has the two tell each other of every choice; here what the accept button needs of that.
    tail: `<script src="/vanilla.js"></script><script src="/frames.js"></script><script>
{const frames=iframemanager();frames.run(${JSON.stringify(frames)});
CookieConsent.run({...${JSON.stringify(config(words))},onConsent:()=>CookieConsent.acceptedCategory("functional")&&frames.acceptService("all")})}</script>`,
    tags:
      scripts +
      `<div data-service="film" data-id="${TAGS[2]}" data-iframe-title="Film" style="width:320px;height:180px"></div>`,
    files: {
      ...alone.files,
      "/frames.js": await installed("@orestbida/iframemanager/dist/iframemanager.js"),
      "/frames.css": await installed("@orestbida/iframemanager/dist/iframemanager.css"),
    },
    holds: TAGS,
  };
}

const scripts = `<script type="text/plain" data-category="analytics" src="${TAGS[0]}"></script>
<script type="text/plain" data-category="advertisement" src="${TAGS[1]}"></script>\n`;

/** @param {import("../page.mjs").Words} words */
const config = words => ({
  hideFromBots: false, // it shows nothing to a driven browser otherwise
  categories: Object.fromEntries(
    words.categories.map(({ category }, index) => [category, index ? {} : { readOnly: true }]),
  ),
  language: {
    default: "fr",
    translations: {
      fr: {
        consentModal: {
          title: words.title,
          description: words.body,
          acceptAllBtn: words.accept,
          acceptNecessaryBtn: words.reject,
          showPreferencesBtn: words.customise,
          footer: `<a href="/privee">${words.privacy}</a>`,
        },
        preferencesModal: {
          title: words.settings,
          acceptAllBtn: words.accept,
          acceptNecessaryBtn: words.reject,
          savePreferencesBtn: words.save,
          closeIconLabel: words.close,
          sections: [
            { description: words.explains },
            ...words.categories.map(({ category, title, description }) => ({
              title,
              description,
              linkedCategory: category,
            })),
          ],
        },
      },
    },
  },
});
