/** DuckDuckGo's autoconsent, by its heuristic alone: no rule that was made for anybody's banner. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";

const program = await readFile(
  createRequire(import.meta.url)
    .resolve("@duckduckgo/autoconsent")
    .replace(/[^/]+$/, "autoconsent.playwright.js"),
  "utf8",
);

/** What it reports, as far as tests read it. */
export interface Message {
  type: string;
  cmp?: string;
  result?: boolean;
}

/** Lets it loose on what `open` opens, as an extension would. What it says is added to the list that is given back. */
export async function letLoose(page: Page, open: () => Promise<void>, tries = 20): Promise<Message[]> {
  const said: Message[] = [];
  const config = {
    enabled: true,
    autoAction: "optOut",
    disabledCmps: [],
    enablePrehide: false,
    detectRetries: tries,
    enableHeuristicDetection: true,
    enableHeuristicAction: true,
    heuristicMode: "reject",
  };
  await page.exposeBinding("autoconsentSendMessage", async ({ frame }, message: Message) => {
    said.push(message);
    if (message.type !== "init" || frame !== page.mainFrame()) return;
    const answer = { type: "initResp", config, rules: { autoconsent: [] } };
    await frame.evaluate(`autoconsentReceiveMessage(${JSON.stringify(answer)})`);
  });
  await open();
  await page.evaluate(program);
  return said;
}
