/** Google's consent mode, version 2, and the events of its tag manager. */
import { CATEGORIES } from "../category.ts";
import type { Part } from "../part.ts";

interface Settings {
  /** Regions in which everything is denied by default. */
  denied_in: string[];
  /** `ads_data_redaction` and `url_passthrough`. */
  redact: boolean;
  pass: boolean;
  /** The categories that each kind of storage waits for, apart from each other by spaces. */
  storage: Record<string, string>;
  /** Milliseconds. */
  wait: number;
}

const google: Part<Settings> = ({ allowed, chosen, listen }, { denied_in, redact, pass, storage, wait }) => {
  const page = window as unknown as { dataLayer?: unknown[] };
  // Google's tags tell commands from events by this: an `Arguments` object, not an array.
  function gtag(..._command: unknown[]): void {
    // eslint-disable-next-line prefer-rest-params
    (page.dataLayer ||= []).push(arguments);
  }
  const states = (granted: (words: string) => boolean) => ({
    ...Object.fromEntries(
      Object.entries(storage).map(([name, words]) => [name, granted(words) ? "granted" : "denied"]),
    ),
    security_storage: "granted",
  });
  const denied = states(() => false);
  const update = () => {
    gtag("consent", "update", states(allowed));
    page.dataLayer!.push({
      event: "consent_update",
      consent: Object.fromEntries(CATEGORIES.map(word => [word, allowed(word) ? "grant" : "deny"])),
    });
  };

  gtag("consent", "default", { ...(chosen() ? denied : states(allowed)), wait_for_update: wait });
  if (denied_in.length) gtag("consent", "default", { ...denied, region: denied_in, wait_for_update: wait });
  if (redact) gtag("set", "ads_data_redaction", true);
  if (pass) gtag("set", "url_passthrough", true);
  if (chosen()) update();
  listen(update);
};

export default google;
