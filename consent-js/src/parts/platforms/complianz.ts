import { either, type Read } from "./kept.ts";

/**
 * Complianz (7.2.0, `cookiebanner/js/complianz.js`): a cookie for each category, and one that says whether the banner was answered:
 * where it need not be, categories are allowed without it. No time. Categories are allowed as well where the site forces
 * statistics, or from where nobody has to be asked, and the same banner can be dismissed later: a yes may be nobody's.
 */
export const complianz: Read = ({ cookie }, prefix = "cmplz_") =>
  cookie(prefix + "banner-status") === "dismissed"
    ? {
        said: word => either(cookie(prefix + word), "allow", "deny"),
        id: cookie(prefix + "id"),
        implied: true,
      }
    : null;
