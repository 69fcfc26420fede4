/** What an application imports: typed access to the script, which the page loads by itself or through {@link load}. */
import type { Category, Choice, Choices, Consent, State } from "../types.ts";

export type { Category, Choice, Choices, Consent, State };

/** `window.consent`, once the script has run; `undefined` before, and where there is no window. */
export function current(): Consent | undefined {
  const found = typeof window === "undefined" ? undefined : (window as { consent?: Consent }).consent;
  // An element with that id would pass for it.
  return typeof found?.allows === "function" ? found : undefined;
}

let waiting: Promise<Consent> | undefined;

/**
 * Waits for the script. Never settles where it does not come: then nothing is granted, and an application works without.
 * There is one promise for all callers, so waiting leaves nothing behind.
 */
export function consent(): Promise<Consent> {
  const found = current();
  if (found) return Promise.resolve(found);
  return (waiting ||= new Promise(done => {
    if (typeof document === "undefined") return;
    const look = () => {
      const found = current();
      if (!found) return;
      document.removeEventListener("load", look, true);
      done(found);
    };
    // Every script that has run passes here on its way down, the one that is waited for among them.
    document.addEventListener("load", look, true);
  }));
}

/**
 * Loads the script from `url` (`https://consent.example/v1/sites/newsroom/banner.js`) unless the page has it already.
 *
 * For applications without a page of their own to write it into. What ran before the script did so without being asked:
 * wherever a page can have the tag first in its head, it should. Rejects if the script can not be loaded.
 */
export function load(url: string, attributes: Record<string, string> = {}): Promise<Consent> {
  const found = current();
  if (found) return Promise.resolve(found);
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
    script.onload = () => {
      const found = current();
      if (found) done(found);
      else failed(new Error("the script put no consent into the page"));
    };
    script.onerror = () => failed(new Error("the script could not be loaded"));
    script.src = url;
    document.head.append(script);
  });
}

const words = (categories: Category | Category[]): string => [categories].flat().join(" ");

/** The attributes of a script element that waits until all of `categories` are granted. */
export const scriptAttributes = (categories: Category | Category[], src: string) => ({
  type: "text/plain",
  "data-consent": words(categories),
  "data-src": src,
});

/** The attributes of a frame that waits until all of `categories` are granted. A placeholder lies over it until then. */
export const frameAttributes = (categories: Category | Category[], src: string) => ({
  "data-consent": words(categories),
  "data-src": src,
});
