/** Style sheets: constructed, so that `style-src 'self'` lets them in without a nonce. */
import { extra } from "../extra.ts";
import css from "./style.css";

let first: CSSStyleSheet | undefined;

/** The sheet of the first layer and of what stands in the page, put there when first asked for. */
export const styleSheet = (): CSSStyleSheet => (first ||= addSheet(css + extra._css));

/** Puts one more sheet into the page. */
export function addSheet(css: string): CSSStyleSheet {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return sheet;
  } catch {
    // Safari before 16.4 can not construct one.
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    return style.sheet!;
  }
}
