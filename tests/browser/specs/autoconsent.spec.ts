/** DuckDuckGo's autoconsent, by its heuristic alone, refuses for the visitor; the server records a refusal. */
import { letLoose } from "../support/autoconsent.ts";
import { expect, test } from "../support/test.ts";

for (const [language, path] of [
  ["French", "/"],
  ["English", "/?lang=en"],
] as const)
  test(`the ${language} banner is found and refused`, async ({ visitor, page, server }) => {
    const said = await letLoose(page, () => visitor.open(path));
    await expect
      .poll(() => said.find(({ type }) => type === "optOutResult"))
      .toMatchObject({
        cmp: "HEURISTIC-REJECT",
        result: true,
      });
    await expect(page.locator("#consent-banner")).toHaveCount(0);
    await visitor.delivered();
    const history = await server.history((await visitor.consentCookie())!.subject!);
    expect(history.map(({ action }) => action)).toEqual(["reject_all"]);
    expect(await visitor.granted()).toEqual(["necessary"]);
    expect(visitor.thirdParty()).toEqual([]);
  });
