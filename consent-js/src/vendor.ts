/** Third parties, and where they take data outside the European Economic Area. */
import type { Category } from "./category.ts";

/** A third party that receives data. */
export interface Vendor {
  category: Category;
  name: string;
  privacy_url: string;
  transfers?: Transfer[];
}

/** What protects data in another country. */
export type Safeguard =
  "adequacy" | "binding_corporate_rules" | "derogation" | "standard_contractual_clauses";

/** One country (ISO 3166-1) to which a third party takes data. */
export interface Transfer {
  by: Safeguard;
  to: string;
}

/** The words for it, where a transfer is declared. */
export interface TransferTexts extends Partial<Record<`transfer_${Safeguard}`, string>> {
  transfers?: string;
}

/** The name of a country, by its code, in a language; the code where the browser knows no name. */
export const country = (code: string, language: string): string =>
  globalThis.Intl?.DisplayNames
    ? (new Intl.DisplayNames(language, { type: "region" }).of(code) ?? code)
    : code;
