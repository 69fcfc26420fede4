/**
 * DuckDuckGo's autoconsent, by its heuristic alone, in every language.
 *
 * The heuristic needs two things: words that tell a consent banner, and a button whose words refuse. It has both for the
 * languages in `REFUSES`. In every other language nothing is pressed, and the test says so by name; when a new version
 * learns one of them the test fails, so that the list grows.
 */
import { letLoose } from "../support/autoconsent.ts";
import { expect, languages, pageIn, test } from "../support/languages.ts";

const REFUSES = ["de", "en", "es", "fr", "it", "nl", "pl", "pt", "pt-BR"];

for (const language of languages) {
  const refuses = REFUSES.includes(language);
  test(`${language}: ${refuses ? "found and refused" : "not known to it, nothing is pressed"}`, async ({
    visitor,
    page,
    server,
  }) => {
    await pageIn(page, server, language);
    const said = await letLoose(page, () => visitor.open("/probe"), refuses ? 20 : 2);
    const done = () => said.find(({ type }) => type === "optOutResult" || type === "autoconsentDone");
    if (refuses) {
      await expect.poll(done, { timeout: 20_000 }).toMatchObject({ cmp: "HEURISTIC-REJECT", result: true });
      await expect(page.locator("#consent-banner")).toHaveCount(0);
      await visitor.delivered();
      expect(visitor.sent.map(({ action }) => action)).toEqual(["reject_all"]);
      expect(await visitor.granted()).toEqual(["necessary"]);
    } else {
      await page.waitForTimeout(2000); // two looks at the page, half a second apart, and time to press
      expect(done(), "it knows this language now: add it to REFUSES").toBeUndefined();
      expect(visitor.sent).toEqual([]);
      expect(await visitor.granted()).toEqual(["necessary"]);
      console.log(`autoconsent's heuristic does not know ${language}`);
    }
  });
}
