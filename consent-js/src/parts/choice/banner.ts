/** The banner, while a choice is on its way. */

/** For so long no banner is shown; then it asks. */
const PATIENCE = 1_000;

/** Keeps the banner out of sight for a moment; gives back what shows it again. */
export function hideBanner(rules: CSSStyleSheet): () => void {
  const text = "#consent-banner{display:none!important}";
  const rule = rules.cssRules[rules.insertRule(text, rules.cssRules.length)];
  const show = (): void => {
    const at = [...rules.cssRules].indexOf(rule!);
    if (at >= 0) rules.deleteRule(at);
  };
  setTimeout(show, PATIENCE);
  return show;
}
