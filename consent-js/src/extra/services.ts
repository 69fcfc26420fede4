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
import type { ServiceNotice } from "../notice.ts";
import { queued } from "../queue.ts";
import { notice } from "../settings.ts";
import { chosen, granted, lastChoice, listen } from "../state.ts";
import { cookieTable } from "../view/category.ts";
import { element } from "../view/element.ts";
import css from "./services.css";

const NAME = "consent-services";

const services: ServiceNotice[] = notice.services!;
const find = (id: string): ServiceNotice | undefined => services.find(service => service.id === id);

/** The ids that were granted one by one in the choice that holds. The queue knows them before the cookie does. */
function single(): string[] {
  const last = chosen() && lastChoice();
  if (!last) return [];
  const request = queued().find(({ decision_id }) => decision_id === last._decision);
  if (request) return Object.keys(request.services || {}).filter(id => request.services![id] === "grant");
  const start = `1.${toBase64(last._decision)}.`;
  const kept = cookies().find(([name, value]) => name === NAME && value.startsWith(start));
  return kept ? kept[1].slice(start.length).split(".") : [];
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
      `${NAME}=1.${toBase64(last._decision)}.${ids.join(".")};Path=/;Max-Age=${notice.ask_again_after * 86400}`,
    );
  else if (cookies().some(([name]) => name === NAME)) setCookie(NAME + "=;Path=/;Max-Age=0");
});

const toggle = (id: string): string => "consent-service-" + id;

extra._css += css;
extra._grants = grants;
extra._name = id => find(id)?.name;

extra._said = (bits, words) => {
  const before = single();
  const said: Record<string, string> = {};
  for (const { id, category } of services) {
    // A category that is granted grants all of its services: then nothing is said of single ones.
    if (bits & bitOf(category)) continue;
    const input = document.getElementById(toggle(id)) as HTMLInputElement | null;
    said[id] = words.includes(id) || (!input && before.includes(id)) ? "grant" : "deny";
  }
  return said;
};

extra._section = ({ category, cookies }) => {
  const own = services.filter(service => service.category === category);
  if (!own.length) return false;
  const list = element("ul", { class: "consent-services" }, ...own.map(service => item(service)));
  const inputs = [...list.querySelectorAll("input")];
  // The category's toggle stands for all of it, so both say the same: on, all are on; one off, it is off.
  list.addEventListener("change", () => {
    if (!inputs.every(input => input.checked)) whole()!.checked = false;
  });
  const whole = () => document.querySelector<HTMLInputElement>("#consent-toggle-" + category);
  setTimeout(() =>
    whole()?.addEventListener("change", () => inputs.forEach(input => (input.checked = whole()!.checked))),
  );
  return list;

  function item({ id, name, purpose, vendor }: ServiceNotice): HTMLElement {
    const at = toggle(id);
    const kept = cookies.filter(({ service }) => service === id);
    return element(
      "li",
      {},
      element("label", { for: at }, name),
      element("input", {
        type: "checkbox",
        role: "switch",
        id: at,
        value: id,
        checked: grants(id),
        "aria-describedby": at + "-purpose",
      }),
      element("p", { id: at + "-purpose" }, purpose, vendor && vendor !== name && ` (${vendor})`),
      kept.length > 0 && cookieTable(kept),
    );
  }
};
