/** One category of the second layer: its toggle, what it is for, what is kept on the visitor's machine. */
import { extra } from "./extra.ts";
import type { CategoryNotice, CookieDeclaration, HostDeclaration } from "../notice.ts";
import { element } from "../view/element.ts";
import { notice } from "./kit.ts";

/** A section for one category. `necessary` can not be moved and says so. */
export function categorySection(shown: CategoryNotice, granted: boolean): HTMLElement {
  const { category, cookies, description, hosts, title } = shown;
  const { texts } = notice;
  const own = cookies.filter(({ service }) => !service); // the others stand under their services
  const id = "consent-toggle-" + category;
  const always = category === "necessary";
  const explains = id + "-description";
  return element(
    "section",
    { "aria-labelledby": id + "-title" },
    element("h3", { id: id + "-title" }, element("label", { for: id }, title)),
    always && element("span", { id: id + "-always" }, texts.always_active),
    element("input", {
      type: "checkbox",
      role: "switch",
      id,
      value: category,
      checked: granted && "",
      disabled: always && "",
      "aria-describedby": always ? `${id}-always ${explains}` : explains,
    }),
    element("p", { id: explains }, description),
    own.length
      ? cookieTable(own)
      : !cookies.length && element("p", { class: "consent-none" }, texts.cookies_none),
    hostList(hosts?.filter(({ service }) => !service)),
    extra._section?.(shown),
  );
}

/** The hosts that pages ask for something under a category or service, by their names. */
export const hostList = (hosts: HostDeclaration[] = []): HTMLElement | false =>
  hosts.length > 0 &&
  element(
    "p",
    { class: "consent-hosts" },
    notice.texts.hosts,
    ...hosts.map(({ name }) => element("code", {}, name)),
  );

/** A table that opens. The names stand where a word for "show it" would: they say more, in every language. */
export function cookieTable(cookies: CookieDeclaration[]): HTMLElement {
  const { texts } = notice;
  const heads = [texts.column_name, texts.column_owner, texts.column_purpose, texts.column_duration];
  return element(
    "details",
    {},
    element("summary", {}, element("code", {}, cookies.map(({ name }) => name).join(", "))),
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...heads.map(head => element("th", { scope: "col" }, head)))),
      element(
        "tbody",
        {},
        ...cookies.map(({ name, owner, purpose, duration }) =>
          element(
            "tr",
            {},
            ...[element("code", {}, name), element("bdi", {}, owner), purpose, duration].map((cell, index) =>
              // On narrow screens the row is a card, and each cell shows its head.
              element("td", { "data-head": heads[index]! }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}
