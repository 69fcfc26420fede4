import { decoded, either, pairs, type Read } from "./kept.ts";

/**
 * CookieYes (script of 2024-12): `consentid:…,consent:yes,action:yes,necessary:yes,analytics:no`; `action` says whether the visitor
 * did something, which can be closing a banner whose categories were granted from the start: a yes is the visitor's where `consent`
 * says so too. `lastRenewedDate` is when the site last asked everybody anew, so there is no time.
 */
export const cookieyes: Read = ({ cookie }) => {
  const parts = decoded(cookie("cookieyes-consent"))?.split(",");
  if (!parts?.every(part => /^[^:]+:[^:]*$/.test(part))) return null;
  const said = pairs(parts.map(part => part.split(":") as [string, string]));
  if (said?.get("action") !== "yes") return null;
  return {
    said: word => {
      const granted = either(said.get(word), "yes", "no");
      return granted && said.get("consent") !== "yes" ? undefined : granted;
    },
    id: said.get("consentid"),
  };
};
