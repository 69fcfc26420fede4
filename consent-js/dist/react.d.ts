import type { Category } from "./consent.js";
/**
 * Whether `category` may run now; the component is drawn again when that changes, in this tab or another.
 *
 * `false` on a server and for the first drawing in a browser, so that both agree (hydration); what the visitor chose
 * holds right after.
 */
export declare function useConsent(category: Category): boolean;
