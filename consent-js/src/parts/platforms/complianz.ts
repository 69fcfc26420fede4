import { either, type Read } from "./kept.ts";

/**
 * Complianz (7.2.0, `cookiebanner/js/complianz.js`): a cookie for each category, and one that says whether the banner was answered:
 * where it need not be, categories are allowed without it. No time.
 */
export const complianz: Read = ({ cookie }, prefix = "cmplz_") =>
  cookie(prefix + "banner-status") === "dismissed"
    ? {
        said: word => either(cookie(prefix + word), "allow", "deny"),
        id: cookie(prefix + "id"),
      }
    : null;
