/** The style sheet: constructed, so that `style-src 'self'` lets it in without a nonce. */
import { extra } from "../extra.ts";
import base from "./style.css";

let sheet: CSSStyleSheet | undefined;

/** The sheet, put into the page when first asked for. */
export function styleSheet(): CSSStyleSheet {
  if (sheet) return sheet;
  const css = base + extra._css;
  try {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  } catch {
    // Safari before 16.4 can not construct one.
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    sheet = style.sheet!;
  }
  return sheet;
}
