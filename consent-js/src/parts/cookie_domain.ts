/** One choice on all sub-domains: the cookies go to the domain that they share, and what one host kept for itself goes away. */
import { newer, parse, print, type Stored } from "../cookie.ts";
import { toBase64 } from "../ids.ts";
import type { Part } from "../part.ts";

interface Settings {
  /** The domain. */
  name: string;
}

const cookieDomain: Part<Settings> = ({ listen, notice }, { name }) => {
  const { hostname, protocol } = location;
  // A page elsewhere, such as a copy for tests, could not set it: there the choice is the host's own.
  if (!("." + hostname).endsWith("." + name)) return;
  const labels = hostname.split(".");
  // Wherever an earlier config may have put them: the host alone, which has no name here, and what lies between.
  const others = ["", ...labels.slice(0, -name.split(".").length).map((_, at) => labels.slice(at).join("."))];
  /** The newest choice that was seen here: a late answer to an older one must not take its place. */
  let last: Stored | null = null;

  const pairs = (): string[] => document.cookie.split("; ");
  const set = (text: string, domain: string): void => {
    document.cookie =
      text +
      ";Path=/;SameSite=Lax" +
      (domain && ";Domain=" + domain) +
      (/^https/.test(protocol) ? ";Secure" : "");
  };
  const of = (kept: string[], cookie: string) => kept.filter(pair => pair.startsWith(cookie + "="));

  const settle = (): void => {
    const kept = pairs();
    last = of(kept, "consent")
      .map(pair => parse(pair.slice(8)))
      .reduce(newer, last);
    if (!last) return;
    const services = `consent-services=1.${toBase64(last._decision)}.`;
    const wanted = ["consent=" + print(last), kept.find(pair => pair.startsWith(services))];
    // As long as it would have lived: to settle must not make a choice hold for longer.
    const full = notice.ask_again_after * 86400;
    const life = ";Max-Age=" + Math.min(full, Math.floor(last._decidedAt + full - Date.now() / 1000));
    for (const value of wanted) {
      if (!value) continue;
      const cookie = value.split("=")[0]!;
      for (const domain of others) set(cookie + "=;Max-Age=0", domain);
      // What is left is the shared one. It is not written again if it is right: Safari keeps for seven days what a script writes.
      const shared = of(pairs(), cookie);
      if (shared.length === 1 && shared[0] === value) continue;
      set(value + life, name);
      // A browser that takes the domain for one that many share does not keep it.
      if (!pairs().includes(value)) set(value + life, "");
    }
  };
  // A sandboxed frame may not even ask.
  const safely = (): void => {
    try {
      settle();
    } catch {
      // then there is nothing to settle
    }
  };

  safely();
  listen(safely);
  for (const event of ["pageshow", "pagehide"]) addEventListener(event, safely);
  document.addEventListener("visibilitychange", safely);
};

export default cookieDomain;
