/** Deletes what the notice declares under categories that are denied, as far as a script can. */
import { cookies, setCookie } from "../jar.ts";
import { notice, replay } from "../settings.ts";
import { allows } from "../state.ts";
import { who } from "../who.ts";

/** Deletes it all, wherever it may have been set. Costs nothing when there is nothing. */
export function erase(): void {
  if (replay || !who._kept) return;
  for (const { category, cookies: declared } of notice.categories) {
    if (allows(category)) continue;
    for (const { kind, name, service } of declared) {
      if (allows(service)) continue;
      if (kind === "cookie")
        cookies()
          .map(pair => pair.split("=")[0]!)
          .forEach(kept => matches(name, kept) && eraseCookie(kept));
      else eraseKeys(kind === "local_storage" ? "localStorage" : "sessionStorage", name);
    }
  }
}

const matches = (declared: string, kept: string): boolean =>
  declared.endsWith("*") ? kept.startsWith(declared.slice(0, -1)) : kept === declared;

// A cookie goes only under the path and domain with which it came, and does not tell them: so try all that can be.
function eraseCookie(name: string): void {
  const labels = location.hostname.split(".");
  const domains = ["", ...labels.map((_, index) => ";Domain=" + labels.slice(index).join("."))];
  const paths = ["/"];
  location.pathname
    .split("/")
    .slice(1)
    .reduce((folder, part) => {
      paths.push(folder + part, folder + part + "/");
      return folder + part + "/";
    }, "/");
  for (const domain of domains)
    for (const path of paths)
      // A partitioned cookie is another one under the same name.
      for (const jar of ["", ";Partitioned"]) setCookie(`${name}=;Path=${path};Max-Age=0${domain}${jar}`);
}

function eraseKeys(area: "localStorage" | "sessionStorage", declared: string): void {
  try {
    const storage = window[area];
    Object.keys(storage).forEach(key => matches(declared, key) && storage.removeItem(key));
  } catch {
    // storage is disabled: nothing can be there
  }
}
