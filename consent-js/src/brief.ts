/** A notice without what only the second layer tells: what a page downloads before its banner can show. */
import type { Category } from "./category.ts";
import type { MovingIn } from "./moving_in.ts";
import type { CookieDeclaration, HostDeclaration, Notice, ServiceNotice, Texts } from "./notice.ts";

/** Of a category, what its toggle and what waits for it need to know. */
export interface CategoryBrief {
  category: Category;
  cookies: Pick<CookieDeclaration, "kind" | "name" | "service">[];
  hosts?: HostDeclaration[];
  title: string;
}

/** `Brief` in consent-server makes it: what is added here has to be let through there. A whole notice is one, too. */
export interface Brief extends Omit<
  Notice,
  "audience_measurement" | "categories" | "group" | "layout" | "moving_in" | "services" | "texts" | "vendors"
> {
  categories: CategoryBrief[];
  layout: Pick<Notice["layout"], "position" | "theme">;
  moving_in?: Pick<MovingIn, "categories" | "name" | "platform">[];
  services?: Pick<ServiceNotice, "category" | "id" | "name">[];
  texts: Pick<
    Texts,
    | "accept_all"
    | "again_changed"
    | "again_expired"
    | "body"
    | "customise"
    | "placeholder_allow"
    | "placeholder_body"
    | "placeholder_once"
    | "privacy_policy"
    | "reject_all"
    | "title"
    | "vendors_title"
  > & {
    /** With the parts `account` and `gpc` only. */
    close?: string;
    /** With the parts `account`, `gpc` and `reopen` only. */
    reopen?: string;
  };
  /** With the parts `account` and `handoff` only: the address of the notice. */
  notice_id?: string;
  /** Of what there is, only whether there is any. */
  vendors: unknown[];
}
