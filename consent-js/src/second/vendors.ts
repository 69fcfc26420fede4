/** The third parties that receive data, each with a link to its own policy. */
import { extra } from "./extra.ts";
import { element, link } from "../view/element.ts";
import { notice } from "./kit.ts";

/** The section, or `false` when the site declares none. */
export function vendorSection(): HTMLElement | false {
  const { vendors, categories, texts } = notice;
  if (!vendors.length) return false;
  const title = "consent-vendors";
  return element(
    "section",
    { "aria-labelledby": title },
    element("h3", { id: title, tabindex: "-1" }, texts.vendors_title),
    element(
      "ul",
      {},
      ...vendors.map(vendor =>
        element(
          "li",
          {},
          link(vendor.privacy_url, vendor.name),
          element("span", {}, categories.find(one => one.category === vendor.category)!.title),
          extra._vendor?.(vendor),
        ),
      ),
    ),
  );
}
