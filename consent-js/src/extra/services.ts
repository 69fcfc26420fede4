/**
 * Services: toggles below those of the categories, `data-service`, and the cookie `consent-services`.
 *
 * A category with only some services granted is denied in everything that knows categories only. What was granted one by
 * one stands in a cookie of its own, `1.<decision>.<id>.<id>…`, which counts only beside the choice of that decision.
 */
import { bitOf } from "../category.ts";
import { extra } from "../extra.ts";
import { toBase64 } from "../ids.ts";
import { cookies, setCookie } from "../jar.ts";
import { queued } from "../queue.ts";
import { notice } from "../settings.ts";
import { granted, holds, lastChoice, listen } from "../state.ts";
import { who } from "../who.ts";

/** Of a choice that is an account's, the cookie is another one, too. */
const cookie = () => who._kept.replace("consent", "consent-services");

// How the ids of the toggles begin, in the second layer.
const TOGGLE = "consent-service-";

const services = notice.services!;
const find = (id: string) => services.find(service => service.id === id);

/** The ids that were granted one by one, where the last choice holds. */
const single = (): string[] => {
  const held = holds();
  return said().filter(id => held & bitOf(find(id)?.category || ""));
};

/** Those of the last choice. The queue knows them before the cookie does. */
function said(): string[] {
  const last = lastChoice();
  if (!last) return [];
  const request = queued().find(({ decision_id }) => decision_id === last._decision);
  if (request) return Object.keys(request.services || {}).filter(id => request.services![id] === "grant");
  const start = `${cookie()}1.${toBase64(last._decision)}.`;
  const kept = cookies().find(pair => pair.startsWith(start));
  return kept ? kept.slice(start.length).split(".") : [];
}

const grants = (id: string): boolean => {
  const service = find(id);
  return !!service && (!!(granted() & bitOf(service.category)) || single().includes(id));
};

// Before the gate hears of the choice, so that what it lets run finds the cookie.
listen(() => {
  const ids = single().sort();
  const last = lastChoice()!;
  if (ids.length)
    setCookie(
      `${cookie()}1.${toBase64(last._decision)}.${ids.join(".")};Path=/;Max-Age=${notice.ask_again_after * 86400}`,
    );
  else if (who._kept && cookies().some(pair => pair.startsWith(cookie())))
    setCookie(cookie() + ";Path=/;Max-Age=0");
});

extra._grants = grants;
extra._name = id => find(id)?.name;

extra._said = (bits, words) => {
  const before = single();
  const said: Record<string, string> = {};
  for (const { id, category } of services) {
    // A category that is granted grants all of its services: then nothing is said of single ones.
    if (bits & bitOf(category)) continue;
    const input = document.getElementById(TOGGLE + id) as HTMLInputElement | null;
    said[id] = words.includes(id) || (!input && before.includes(id)) ? "grant" : "deny";
  }
  return said;
};
