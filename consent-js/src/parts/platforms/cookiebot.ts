import { decoded, either, pairs, type Read } from "./kept.ts";

/**
 * Cookiebot (`CookieConsent`, `ver:1`): the source of a JavaScript object, percent-encoded. It is read, never run. `method` is
 * `explicit` where the visitor chose; `-1` stands in its place for who was not asked.
 */
export const cookiebot: Read = ({ cookie }) => {
  const [, body] = /^\{(.*)\}$/s.exec(decoded(cookie("CookieConsent")) ?? "") ?? [];
  const pair = /(?:^|,)(\w+):(?:'([^']*)'|(\w+)|\{[^{}]*\})/gy;
  const all: [string, string][] = [];
  let end = 0;
  for (let found; body && (found = pair.exec(body)); end = pair.lastIndex)
    all.push([found[1]!, found[2] ?? found[3] ?? ""]);
  const said = body && end === body.length ? pairs(all) : null;
  if (said?.get("method") !== "explicit" || said.get("ver") !== "1") return null;
  const stamp = said.get("stamp");
  return {
    said: word => either(said.get(word), "true", "false"),
    at: /^\d{10,15}$/.test(said.get("utc") ?? "") ? Number(said.get("utc")) : NaN,
    id: stamp && stamp.length > 2 ? stamp : undefined,
  };
};
