import { MOST, either, pairs, type Read } from "./kept.ts";

/**
 * tarteaucitron (1.32.0, `tarteaucitron.js`): `!service=true!other=wait`; what waits was not answered. No time, no name. It writes
 * `true` also without `highPrivacy` (the next page, or scrolling), with `needConsent: false`, `bypass` or a `defaultState`.
 */
export const tarteaucitron: Read = ({ cookie }, name = "tarteaucitron") => {
  const value = cookie(name);
  if (!value || value.length > MOST || !/^(![^!=]+=(true|false|wait))+$/.test(value)) return null;
  const said = pairs(
    value
      .slice(1)
      .split("!")
      .map(pair => pair.split("=") as [string, string]),
  );
  return said && { said: word => either(said.get(word), "true", "false"), implied: true };
};
