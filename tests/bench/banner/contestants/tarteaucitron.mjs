/** tarteaucitron: its own loader fetches style sheet, language and services. One service for each category. */
import { files } from "../installed.mjs";
import { FRAME, TAGS } from "../page.mjs";

/** Its own types that come nearest to our categories; `iframe` is a service of its own, of the type `other`. */
const types = { functional: "other", analytics: "analytic", performance: "api", advertisement: "ads" };

/** @param {import("../page.mjs").Words} words @param {string} origin of the page: it takes no frame by a relative address @returns {Promise<import("../page.mjs").Contestant>} */
export async function tarteaucitron(words, origin) {
  const config = {
    privacyUrl: "/privee",
    orientation: "bottom",
    showIcon: false,
    removeCredit: true,
    // What only sends signals to others: nobody else in this comparison does.
    googleConsentMode: false,
    pianoConsentMode: false,
    bingConsentMode: false,
  };
  const texts = {
    alertBigPrivacy: words.body,
    acceptAll: words.accept,
    denyAll: words.reject,
    allowAll: words.accept,
    personalize: words.customise,
    privacyUrl: words.privacy,
    title: words.settings,
    disclaimer: words.explains,
    close: words.close,
    ...Object.fromEntries(
      words.categories
        .slice(1)
        .map(({ category, title, description }) => [
          types[/** @type {keyof typeof types} */ (category)],
          { title, details: description },
        ]),
    ),
    mandatoryTitle: words.categories[0]?.title,
    mandatoryText: words.categories[0]?.description,
  };
  /** @param {string} key @param {string} type @param {string} [tag] */
  const service = (key, type, tag) =>
    `tarteaucitron.services.${key}={key:"${key}",type:"${type}",name:"${key}",uri:"",needConsent:true,cookies:[],` +
    `js(){${tag ? `tarteaucitron.addScript("${tag}")` : ""}}};\n`;
  return {
    name: "tarteaucitron",
    head: `<script src="/tarteaucitron/tarteaucitron.min.js"></script><script>
var tarteaucitronForceLanguage="fr",tarteaucitronCustomText=${JSON.stringify(texts)};
tarteaucitron.init(${JSON.stringify(config)})</script>\n`,
    tail: `<script>${service("mesure", "analytic", TAGS[0])}${service("regie", "ads", TAGS[1])}${service("vitesse", "api")}
(tarteaucitron.job=tarteaucitron.job||[]).push("iframe","mesure","vitesse","regie")</script>`,
    tags: `<div class="tac_iframe" ${FRAME} url="${origin}${TAGS[2]}"></div>`,
    files: await files({
      "/tarteaucitron/tarteaucitron.min.js": "tarteaucitronjs/tarteaucitron.min.js",
      "/tarteaucitron/tarteaucitron.services.min.js": "tarteaucitronjs/tarteaucitron.services.min.js",
      "/tarteaucitron/lang/tarteaucitron.fr.min.js": "tarteaucitronjs/lang/tarteaucitron.fr.min.js",
      "/tarteaucitron/css/tarteaucitron.min.css": "tarteaucitronjs/css/tarteaucitron.min.css",
    }),
    accept: "#tarteaucitronPersonalize2",
    customise: "#tarteaucitronCloseAlert",
    second: "#tarteaucitronAllAllowed",
    holds: TAGS,
  };
}
