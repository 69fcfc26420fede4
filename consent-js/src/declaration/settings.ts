/** What the server puts into the script: the answer of `GET /v1/sites/{site}/declaration`, and words for it. */
import type { CookieDeclaration, HostDeclaration, Notice, Rule, ServiceNotice } from "../notice.ts";
import type { Vendor } from "../vendor.ts";

interface DeclaredVendor extends Omit<Vendor, "category" | "transfers"> {
  transfers?: { safeguard: string; to: string }[];
}

export interface DeclaredCategory {
  category: string;
  cookies: CookieDeclaration[];
  description: string;
  hosts: HostDeclaration[];
  rule: Rule;
  services: Omit<ServiceNotice, "category">[];
  title: string;
  vendors: DeclaredVendor[];
}

interface Settings {
  declaration: {
    categories: DeclaredCategory[];
    direction: Notice["direction"];
    language: string;
    site: string;
  };
  words: Record<
    | "always"
    | "cookie"
    | "duration"
    | "hosts"
    | "kind"
    | "local_storage"
    | "name"
    | "none"
    | "opt_in"
    | "opt_out"
    | "owner"
    | "purpose"
    | "session_storage"
    | "transfers"
    | "vendors",
    string
  >;
}

/** The server replaces this one identifier, in the built file, by JSON. */
declare const __CONSENT_SETTINGS__: Settings;

export const { declaration, words } = __CONSENT_SETTINGS__;
