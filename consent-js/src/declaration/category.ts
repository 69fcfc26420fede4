/** One category of the declaration: its rule, what it keeps, its services, and who receives data. */
import { element } from "../receipt/element.ts";
import { country } from "../vendor.ts";
import { declaration, words, type DeclaredCategory } from "./settings.ts";

type Child = Parameters<typeof element>[2];
type Heading = "h2" | "h3" | "h4" | "h5" | "h6";

const heading = (level: number): Heading => `h${level}` as Heading;

/** A section with headings from `level` (2 to 5) on, whose ids begin with `prefix`. */
export function category(shown: DeclaredCategory, level: number, prefix: string): HTMLElement {
  const { cookies, description, hosts, rule, services, title, vendors } = shown;
  const id = prefix + shown.category;
  const under = <T extends { service?: string | undefined }>(all: T[], service?: string): T[] =>
    all.filter(one => one.service === service);
  const told = rule === "always" ? words.always : rule === "opt_in" ? words.opt_in : words.opt_out;
  return element(
    "section",
    { "aria-labelledby": id },
    element(heading(level), { id }, title),
    element("p", { class: "consent-soft" }, told),
    element("p", {}, description),
    cookies.length > 0 ? table(title, under(cookies)) : element("p", { class: "consent-soft" }, words.none),
    ...services.map(service => {
      const at = prefix + "service-" + service.id;
      const { name, purpose, vendor } = service;
      return element(
        "section",
        { "aria-labelledby": at },
        element(heading(level + 1), { id: at }, name),
        element(
          "p",
          {},
          purpose,
          ...(vendor && vendor !== name ? [" (", element("bdi", {}, vendor), ")"] : []),
        ),
        table(name, under(cookies, service.id)),
        list(hostsOf(under(hosts, service.id))),
      );
    }),
    list(
      hostsOf(under(hosts)),
      entry(
        words.vendors,
        vendors.map(({ name, privacy_url, transfers }) =>
          element(
            "div",
            {},
            element("a", { href: privacy_url, rel: "noopener" }, element("bdi", {}, name)),
            !!transfers && element("p", { class: "consent-soft" }, words.transfers),
            !!transfers &&
              element(
                "ul",
                {},
                ...transfers.map(({ safeguard, to }) =>
                  element("li", {}, `${country(to, declaration.language)} (${safeguard})`),
                ),
              ),
          ),
        ),
      ),
    ),
  );
}

const hostsOf = (hosts: DeclaredCategory["hosts"]): Child =>
  entry(
    words.hosts,
    hosts.map(({ name }) => element("code", {}, name)),
  );

/** A name and what stands under it; nothing if that is nothing. */
const entry = (name: string, values: HTMLElement[]): Child =>
  values.length > 0 &&
  element("div", {}, element("dt", {}, name), ...values.map(value => element("dd", {}, value)));

const list = (...entries: Child[]): Child => entries.some(Boolean) && element("dl", {}, ...entries);

/** A row is a card where there is little room: then browsers forget that it is a table, and the roles say so. */
function table(caption: string, cookies: DeclaredCategory["cookies"]): Child {
  if (!cookies.length) return false;
  const heads = [words.name, words.kind, words.owner, words.purpose, words.duration];
  return element(
    "table",
    { role: "table" },
    element("caption", {}, caption),
    element(
      "thead",
      { role: "rowgroup" },
      element(
        "tr",
        { role: "row" },
        ...heads.map(head => element("th", { role: "columnheader", scope: "col" }, head)),
      ),
    ),
    element(
      "tbody",
      { role: "rowgroup" },
      ...cookies.map(({ name, kind, owner, purpose, duration }) =>
        element(
          "tr",
          { role: "row" },
          element("th", { role: "rowheader", scope: "row" }, element("code", {}, name)),
          ...[words[kind], element("bdi", {}, owner), purpose, duration].map((cell, index) =>
            element("td", { role: "cell", "data-head": heads[index + 1]! }, cell),
          ),
        ),
      ),
    ),
  );
}
