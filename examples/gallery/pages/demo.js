// Loads the banner of the site, and in the language, that the address names; opens the second layer if it says so.
{
  const asked = new URLSearchParams(location.search);
  const word = (name, otherwise) => (/^[\w-]+$/.test(asked.get(name)) ? asked.get(name) : otherwise);
  const language = word("lang", "en");
  const script = document.createElement("script");
  script.async = false;
  script.src = `/v1/sites/${word("site", "bar-auto")}/banner.js?lang=${language}`;
  document.documentElement.lang = language;
  document.documentElement.dir = ["ar", "he"].includes(language) ? "rtl" : "ltr";
  // The page's own text is English whatever the banner speaks.
  addEventListener("DOMContentLoaded", () => {
    const main = document.querySelector("main");
    main.lang = "en";
    main.dir = "ltr";
    // Only the site `own` asks for services; elsewhere the category is what the frame waits for.
    if (word("site") !== "own") document.querySelector("iframe").removeAttribute("data-service");
    document.body.dataset.site = word("site", "bar-auto");
  });
  script.addEventListener("load", () => {
    const layer = word("layer", "first");
    const show = () => {
      if (layer === "second") window.consent.open();
      if (layer === "placeholder") document.querySelector("iframe").scrollIntoView({ block: "center" });
    };
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", show);
    else show();
  });
  document.head.append(script);
}
