/** Where third parties take data: told in the second layer and in the table of a page, in the visitor's words for countries. */
import { resolve } from "node:path";
import { probe, script, STRICT } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

test.use({
  config: resolve(import.meta.dirname, "../../../consent-server/tests/config/good/transfers.toml"),
});

const FR = "États-Unis (décision d’adéquation)";
const IN = "Inde (clauses contractuelles types)";

test("a visitor reads each country and what protects data there", async ({ visitor, page, server }) => {
  const table = `<div data-consent-declaration></div><script src="/v1/sites/a/declaration.js?lang=fr" defer></script>`;
  await probe(page, server, `<body>${table}`, {}, STRICT, script("a"));
  await visitor.open("/probe");
  await expect(page.locator(".consent-declaration dd li")).toHaveText([FR, IN]);
  await visitor.press("customise");
  await expect(page.locator(".consent-transfers")).toHaveText([
    `Transfert vers des pays tiers: ${FR}, ${IN}`,
  ]);
});
