import { MOST, decoded, either, iso, pairs, type Read } from "./kept.ts";

/**
 * OneTrust (scripts of 2021 to 2026): `OptanonConsent` is a query with `groups=C0001:1,C0002:0`, which is there before a choice too;
 * `OptanonAlertBoxClosed` is when the visitor made one. `AwaitingReconsent=true` where the site asks anew.
 */
export const onetrust: Read = ({ cookie }) => {
  const closed = cookie("OptanonAlertBoxClosed");
  const value = cookie("OptanonConsent");
  if (!closed || !value || value.length > MOST) return null;
  const fields = new URLSearchParams(value);
  const groups = fields.getAll("groups");
  if (groups.length !== 1 || fields.getAll("AwaitingReconsent").includes("true")) return null;
  const parts = groups[0]!.split(",");
  if (!parts.every(part => /^[^:]+:[^:]+$/.test(part))) return null;
  const said = pairs(parts.map(part => part.split(":") as [string, string]));
  return (
    said && {
      said: word => either(said.get(word), "1", "0"),
      at: iso(decoded(closed)),
      id: fields.get("consentId") ?? undefined,
    }
  );
};
