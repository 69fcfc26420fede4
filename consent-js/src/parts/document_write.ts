/** `document.write`: scripts, frames and images of denied hosts are written as ones that wait. */
import type { Part } from "../part.ts";
import { deniedHosts } from "./gate/hosts.ts";
import { patch } from "./gate/patch.ts";

interface Factory {
  createPolicy(
    name: string,
    rules: { createHTML(text: string): string },
  ): { createHTML(text: string): string };
}

const TAGS = /<(script|iframe|img)(\s(?:"[^"]*"|'[^']*'|[^>"'])*)>/gi;
const attribute = (name: string) =>
  new RegExp(`(\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i");
const SRC = attribute("src");
const TYPE = attribute("type");

const write: Part<unknown> = kit => {
  const denied = deniedHosts(kit);
  const factory = (window as { trustedTypes?: Factory }).trustedTypes;
  let policy: { createHTML(text: string): string } | undefined;

  const value = (attributes: string, form: RegExp) => {
    const [, , one, two, three] = form.exec(attributes) || [];
    return (one ?? two ?? three)?.trim();
  };
  const held = (whole: string, tag: string, attributes: string) => {
    const source = value(attributes, SRC);
    const found = source && denied(source);
    if (!found || /\sdata-(consent|service)\b/i.test(attributes)) return whole;
    const mark = ` ${found.attribute}="${found.word}"`;
    // Of two attributes with one name the parser takes the first.
    if (/^s/i.test(tag))
      return `<${tag} type="text/plain"${mark} data-type="${value(attributes, TYPE) || ""}"${attributes}>`;
    const kept = attributes.replace(SRC, match => match.replace(/src/i, "data-src"));
    return `<${tag}${mark}${kept.replace(/(\s)srcset/i, "$1data-srcset")}>`;
  };

  for (const name of ["write", "writeln"])
    patch(Document.prototype, name, (self, args, original) => {
      const text = args.join("");
      const changed = text.replace(TAGS, held);
      if (changed === text) return;
      return () => {
        try {
          policy ||= factory?.createPolicy("consent-write", { createHTML: text => text });
        } catch {
          return; // the page lists its policies without ours: denied, and the page works
        }
        original.call(self, policy ? policy.createHTML(changed) : changed);
      };
    });
};

export default write;
