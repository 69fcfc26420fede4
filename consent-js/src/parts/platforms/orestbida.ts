import { decoded, iso, list, object, own, text, type Read } from "./kept.ts";

/**
 * vanilla-cookieconsent 3 (3.1.0, `src/utils/cookies.js`): JSON in a cookie, percent-encoded, or in `localStorage`. It lists what was
 * accepted; a category is among it if one of its services is, so a site that had services names these: `analytics/counter`.
 */
export const orestbida: Read = ({ cookie, stored }, name = "cc_cookie") => {
  const kept = object(decoded(cookie(name)) ?? stored(name));
  const categories = list(kept?.["categories"]);
  if (!kept || !categories || !(Number(kept["expirationTime"]) > Date.now())) return null;
  const services = kept["services"] as object | null | undefined;
  return {
    said: word => {
      const [category, service] = word.split(/\/(.*)/) as [string, string?];
      if (service === undefined) return categories.includes(category);
      const accepted = services && list(own(services, category));
      return !!accepted?.includes(service) && categories.includes(category);
    },
    at: iso(text(kept["lastConsentTimestamp"]) ?? text(kept["consentTimestamp"])),
    id: text(kept["consentId"]),
  };
};
