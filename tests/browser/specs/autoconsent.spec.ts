/** DuckDuckGo's autoconsent, by its heuristic alone, refuses for the visitor; the server records a refusal. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expect, test } from "../support/test.ts";

const script = await readFile(
  createRequire(import.meta.url)
    .resolve("@duckduckgo/autoconsent")
    .replace(/[^/]+$/, "autoconsent.playwright.js"),
  "utf8",
);

interface Message {
  type: string;
  cmp?: string;
  result?: boolean;
}

for (const [language, path] of [
  ["French", "/"],
  ["English", "/?lang=en"],
] as const)
  test(`the ${language} banner is found and refused`, async ({ visitor, page, server }) => {
    const said: Message[] = [];
    const config = {
      enabled: true,
      autoAction: "optOut",
      disabledCmps: [],
      enablePrehide: false,
      detectRetries: 20,
      enableHeuristicDetection: true,
      enableHeuristicAction: true,
      heuristicMode: "reject",
    };
    await page.exposeBinding("autoconsentSendMessage", async ({ frame }, message: Message) => {
      said.push(message);
      if (message.type !== "init" || frame !== page.mainFrame()) return;
      const answer = { type: "initResp", config, rules: { autoconsent: [] } }; // no rule made for anybody
      await frame.evaluate(`autoconsentReceiveMessage(${JSON.stringify(answer)})`);
    });
    await visitor.open(path);
    await page.evaluate(script);
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
