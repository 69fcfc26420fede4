/** What an application imports: typed access to the script, which the page loads by itself or through {@link load}. */
import type { Category, Choice, Choices, Consent, State } from "./consent.js";
export type { Category, Choice, Choices, Consent, State };
/** `window.consent`, once the script has run; `undefined` before, and where there is no window. */
export declare function current(): Consent | undefined;
/**
 * Waits for the script. Never settles where it does not come: then nothing is granted, and an application works without.
 * There is one promise for all callers, so waiting leaves nothing behind.
 */
export declare function consent(): Promise<Consent>;
/**
 * Loads the script from `url` (`https://consent.example/v1/sites/newsroom/banner.js`) unless the page has it already.
 *
 * For applications without a page of their own to write it into. What ran before the script did so without being asked:
 * wherever a page can have the tag first in its head, it should. Rejects if the script can not be loaded.
 */
export declare function load(url: string, attributes?: Record<string, string>): Promise<Consent>;
/** The attributes of a script element that waits until all of `categories` are granted. */
export declare const scriptAttributes: (categories: Category | Category[], src: string) => {
    type: string;
    "data-consent": string;
    "data-src": string;
};
/** The attributes of a frame that waits until all of `categories` are granted. A placeholder lies over it until then. */
export declare const frameAttributes: (categories: Category | Category[], src: string) => {
    "data-consent": string;
    "data-src": string;
};
