/** A notice as the server sends it: the same fields as `NoticeBody` in consent-core. */
import type { Category } from "./category.ts";
import type { AudienceMeasurement } from "./audience.ts";
import type { MovingIn } from "./moving_in.ts";
import type { TransferTexts, Vendor } from "./vendor.ts";

/** What one category waits for. */
export type Rule = "always" | "opt_in" | "opt_out" | "exempt";

/** One cookie or storage key. */
export interface CookieDeclaration {
  duration: string;
  kind: "cookie" | "local_storage" | "session_storage";
  lifetime: string;
  /** A `*` at the end stands for any rest. */
  name: string;
  owner: string;
  purpose: string;
  /** The id of its service. */
  service?: string;
}

/** Something that can be granted by itself, without the rest of its category. */
export interface ServiceNotice {
  category: Category;
  id: string;
  name: string;
  purpose: string;
  vendor?: string;
}

/** The colours of one theme. */
export interface Colours {
  background?: string;
  button?: string;
  button_text?: string;
  line?: string;
  text?: string;
  text_soft?: string;
}

/** A host that receives something under a category. */
export interface HostDeclaration {
  /** All names below it are covered. */
  name: string;
  /** The id of its service. */
  service?: string;
}

/** One category as the visitor is told about it. */
export interface CategoryNotice {
  category: Category;
  cookies: CookieDeclaration[];
  description: string;
  hosts?: HostDeclaration[];
  title: string;
}

/** Every word of the interface. */
export interface Texts extends TransferTexts {
  accept_all: string;
  again_changed: string;
  again_expired: string;
  always_active: string;
  body: string;
  close: string;
  column_duration: string;
  column_name: string;
  column_owner: string;
  column_purpose: string;
  cookies_none: string;
  customise: string;
  /** Where hosts are declared. */
  hosts?: string;
  placeholder_allow: string;
  placeholder_body: string;
  placeholder_once: string;
  privacy_policy: string;
  receipt: string;
  reject_all: string;
  reopen: string;
  save: string;
  settings_body: string;
  settings_title: string;
  title: string;
  vendors_title: string;
}

/** What a visitor is shown, and everything that it implies. */
export interface Notice {
  /** Whether a choice of somebody who is signed in holds on all devices on which they are. */
  account?: true;
  /** Days. */
  ask_again_after: number;
  audience_measurement?: AudienceMeasurement;
  categories: CategoryNotice[];
  controller: { name: string; privacy_url: string };
  direction: "ltr" | "rtl";
  group?: { id: string; sites: { id: string; name: string; origins: string[] }[] };
  language: string;
  layout: { position: "bar" | "corner" | "centre"; reopen_button: boolean; theme: "auto" | "light" | "dark" };
  /** Whose choices from before are taken over, and who answers for that. */
  moving_in?: MovingIn[];
  /** Settings of the optional parts that the site uses, by their names. */
  parts?: Record<string, unknown>;
  /** `rules` in the order of the categories. */
  regime: { region: string; rules: Rule[] };
  script: string;
  services?: ServiceNotice[];
  site: string;
  texts: Texts;
  theme?: { dark?: Colours; light?: Colours; logo?: { alt: string; src: string } };
  v: 1;
  vendors: Vendor[];
  /** Findings about the regime that somebody answers for. */
  waivers?: { by: string; category: Category; code: string; reason: string }[];
}
