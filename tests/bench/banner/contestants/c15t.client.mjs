/** Runs in the page: the least React application that asks with c15t, after its own quickstart. */
import { ConsentBanner, ConsentDialog, ConsentManagerProvider, useConsentManager } from "@c15t/react";
import { createElement, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { TAGS } from "../page.mjs";

/** @type {import("../page.mjs").Words} */
const words = /** @type {any} */ (window).words;
const [necessary, functionality, measurement, experience, marketing] = words.categories;

/** @type {any} */
const options = {
  mode: "offline",
  overrides: { country: "FR", language: "fr" },
  consentCategories: ["necessary", "functionality", "measurement", "experience", "marketing"],
  legalLinks: { privacyPolicy: { href: "/privee", label: words.privacy } },
  scripts: [
    { id: "mesure", src: TAGS[0], category: "measurement" },
    { id: "regie", src: TAGS[1], category: "marketing" },
  ],
  i18n: {
    locale: "fr",
    detectBrowserLanguage: false,
    messages: {
      fr: {
        common: {
          acceptAll: words.accept,
          rejectAll: words.reject,
          customize: words.customise,
          save: words.save,
        },
        cookieBanner: { title: words.title, description: words.body },
        consentManagerDialog: { title: words.settings, description: words.explains },
        consentTypes: { necessary, functionality, measurement, experience, marketing },
      },
    },
  },
};

function Frames() {
  const { initializeIframeBlocker } = useConsentManager();
  useEffect(() => void initializeIframeBlocker(), [initializeIframeBlocker]);
  return null;
}

const application = createElement(
  /** @type {any} */ (ConsentManagerProvider),
  { options },
  createElement(Frames),
  createElement(ConsentBanner),
  createElement(ConsentDialog),
);
createRoot(/** @type {HTMLElement} */ (document.getElementById("app"))).render(application);
