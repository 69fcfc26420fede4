/** klaro: the build with its styles inside, which is one request. One service for each category, as it knows services only. */
import { files } from "../installed.mjs";
import { TAGS, tagged } from "../page.mjs";

/** @param {import("../page.mjs").Words} words @returns {Promise<import("../page.mjs").Contestant>} */
export async function klaro(words) {
  const config = {
    lang: "fr",
    acceptAll: true,
    translations: {
      fr: {
        privacyPolicyUrl: "/privee",
        consentNotice: { title: words.title, description: words.body, learnMore: words.customise },
        consentModal: { title: words.settings, description: words.explains },
        ok: words.accept,
        decline: words.reject,
        acceptAll: words.accept,
        acceptSelected: words.save,
        purposes: Object.fromEntries(words.categories.map(({ category, title }) => [category, title])),
      },
    },
    services: words.categories.map(({ category, title, description }, index) => ({
      name: category,
      title,
      description,
      purposes: [category],
      required: index === 0,
    })),
  };
  return {
    name: "klaro",
    tail: `<script>var klaroConfig=${JSON.stringify(config)}</script><script src="/klaro.js"></script>`,
    tags: tagged("data-name", ["analytics", "advertisement", "functional"]),
    files: await files({ "/klaro.js": "klaro/dist/klaro.js" }),
    accept: ".klaro .cookie-notice .cm-btn-success",
    customise: ".klaro .cookie-notice .cn-learn-more",
    second: ".klaro .cookie-modal .cm-btn-accept",
    holds: TAGS,
  };
}
