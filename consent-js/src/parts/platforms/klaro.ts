import { decoded, object, own, type Read } from "./kept.ts";

/** Klaro (0.7.22, `src/consent-manager.js`, `src/stores.js`): JSON of services and whether each was granted; no time, no name. */
export const klaro: Read = ({ cookie, stored }, name = "klaro") => {
  const kept = object(decoded(cookie(name) ?? stored(name)));
  return kept && { said: word => [true, false].find(value => value === own(kept, word)) };
};
