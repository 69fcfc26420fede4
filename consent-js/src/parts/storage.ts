/** Cookies and storage keys that scripts write under names of denied categories: they are not kept. */
import type { CookieDeclaration } from "../notice.ts";
import type { Part } from "../part.ts";
import { patch } from "./gate/patch.ts";

const storage: Part<unknown> = ({ allowed, notice }) => {
  const denied = (kind: CookieDeclaration["kind"], name: unknown) =>
    notice.categories.some(
      ({ category, cookies }) =>
        !allowed(category) &&
        cookies.some(
          declared =>
            declared.kind === kind && !allowed(declared.service) && matches(declared.name, String(name)),
        ),
    );

  patch(
    Document.prototype,
    "cookie",
    (_self, [text]) =>
      denied("cookie", /^[^=;]*/.exec(text)![0].trim()) && !deletes(String(text)) && (() => {}),
  );
  patch(
    (window as { CookieStore?: { prototype: object } }).CookieStore?.prototype,
    "set",
    (_self, [cookie]) => denied("cookie", cookie.name ?? cookie) && (() => Promise.resolve()),
  );
  patch(
    Storage.prototype,
    "setItem",
    (self, [key]) =>
      denied(self === window.localStorage ? "local_storage" : "session_storage", key) && (() => {}),
  );
};

const matches = (declared: string, name: string): boolean =>
  declared.endsWith("*") ? name.startsWith(declared.slice(0, -1)) : name === declared;

// Whoever deletes is let through: our own deletion is one of them. Of two attributes of one name the last one counts. Whatever browsers
// may read otherwise than `Date` does deletes nothing: another zone, a year of two digits below 70.
function deletes(text: string): boolean {
  const [, age] = /.*;[ \t]*max-age[ \t]*=[ \t]*(-?\d{1,20})[ \t]*(?:;|$)/i.exec(text) || [];
  const [, end] =
    /.*;[ \t]*expires[ \t]*=[ \t]*([\w, -]+[ -](?:\d{4}|[7-9]\d) [\d:]+ (?:GMT|UTC))[ \t]*(?:;|$)/i.exec(
      text,
    ) || [];
  return age ? Number(age) <= 0 : Date.parse(end!) <= Date.now();
}

export default storage;
