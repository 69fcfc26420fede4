/** Where extras put what they add to the second layer. */
import type { CategoryNotice } from "../notice.ts";
import type { Vendor } from "../vendor.ts";

interface Extra {
  /** Style rules after those of the program. */
  _css: string;
  /** More of one category's section. */
  _section?(shown: CategoryNotice): HTMLElement | false;
  /** More of one third party. */
  _vendor?(vendor: Vendor): HTMLElement | false;
}

export const extra: Extra = { _css: "" };
