/** What axe-core finds wrong with a page, or with a part of it: its rules for WCAG 2.2 AA, and its good practice. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

// Of WCAG 2.2 axe has one rule of its own, and leaves it off by itself.
const RULES = { rules: { "target-size": { enabled: true } } };

/**
 * Fails unless axe finds nothing: in the part that a selector names, if one does.
 *
 * Frames of other origins are not looked into: what they show is not ours. To look into them axe opens a second page each time, which takes
 * longer than all the rest.
 */
export async function sound(
  page: Page,
  where = "the page",
  selector?: string,
  without?: string,
): Promise<void> {
  const builder = new AxeBuilder({ page }).options(RULES).setLegacyMode();
  if (without) builder.exclude(without);
  const { violations } = await (selector ? builder.include(selector) : builder).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`);
  expect(found, where).toEqual([]);
}
