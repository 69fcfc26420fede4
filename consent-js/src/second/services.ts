/** Services: toggles below those of the categories, each with what it keeps. */
import type { ServiceNotice } from "../notice.ts";
import { element } from "../view/element.ts";
import { cookieTable, hostList } from "./category.ts";
import { extra } from "./extra.ts";
import { kit, notice } from "./kit.ts";
import css from "./services.css";

extra._css += css;

extra._section = ({ category, cookies, hosts }) => {
  const own = notice.services!.filter(service => service.category === category);
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
    const at = "consent-service-" + id;
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
        checked: kit._allows(id) && "",
        "aria-describedby": at + "-purpose",
      }),
      element("p", { id: at + "-purpose" }, purpose, vendor && vendor !== name && ` (${vendor})`),
      kept.length > 0 && cookieTable(kept),
      hostList(hosts?.filter(({ service }) => service === id)),
    );
  }
};
