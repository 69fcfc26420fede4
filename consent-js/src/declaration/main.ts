/**
 * Fills `<div data-consent-declaration>` in a page of the site's own with what the site declares: headings and tables of what
 * the server has put into this script. It asks nobody for anything, and nothing here is parsed as markup.
 */
import { element } from "../receipt/element.ts";
import { addSheet } from "../view/sheet.ts";
import { category } from "./category.ts";
import { declaration } from "./settings.ts";
import css from "./table.css";

/** The places of this site, each filled once; a page may have those of several sites. */
function fill(): void {
  const { categories, direction, language, site } = declaration;
  const places = document.querySelectorAll<HTMLElement>(
    `[data-consent-declaration=""], [data-consent-declaration="${site}"]`,
  );
  if (!places.length) return;
  addSheet(css);
  places.forEach((place, index) => {
    // So deep that they stand below a heading of the page's.
    const level = Math.min(Math.max(Math.trunc(Number(place.dataset["level"])) || 3, 2), 5);
    place.replaceChildren(
      element(
        "div",
        { class: "consent-declaration", lang: language, dir: direction },
        ...categories.map(shown => category(shown, level, `consent-declaration-${site}-${index}-`)),
      ),
    );
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fill);
else fill();
