/** The example that serves its own banner: one origin, and after a refusal neither a script nor an answer sets anything. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Response } from "@playwright/test";
import { expect, test as base, type Page } from "../support/test.ts";

/** The running example, and its address. */
const test = base.extend<{ url: string }>({
  url: async ({}, use) => {
    const path = process.env["NESTED_BIN"];
    if (!path) throw new Error("NESTED_BIN must name the example `nested-site`");
    const data = await mkdtemp(join(tmpdir(), "consent-nested-"));
    const child = spawn(path, ["127.0.0.1:0", join(data, "data")], { stdio: ["ignore", "pipe", "inherit"] });
    await use(await addressOf(child));
    const ended = once(child, "exit");
    child.kill("SIGINT");
    expect(await ended, "it ends in peace").toEqual([0, null]);
    await rm(data, { recursive: true });
  },
});

/** Where it says that it can be opened. It goes on saying what it does. */
const addressOf = (child: ChildProcess): Promise<string> =>
  new Promise((found, failed) => {
    let said = "";
    child.stdout!.on("data", text => {
      said += text;
      const url = /open (http:\S+)\n/.exec(said)?.[1];
      if (url) found(url);
    });
    child.on("exit", code => failed(new Error(`the example ended: ${code}`)));
  });

/** All that the browser keeps but the choice itself. */
async function kept(page: Page): Promise<string[]> {
  const cookies = (await page.context().cookies()).map(({ name }) => name);
  const keys = await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
  return [...cookies, ...keys].filter(name => !/^consent/.test(name)).sort();
}

/** Names of the cookies that an answer sets. */
async function cookiesOf(response: Response): Promise<string[]> {
  const lines = (await response.headersArray()).filter(({ name }) => name.toLowerCase() === "set-cookie");
  return lines.map(({ value }) => value.split("=")[0]!);
}

const counted = async (page: Page, url: string) =>
  Number(await (await page.request.get(url + "/count")).text());

test("after a refusal nothing is set, by no script and no answer, and the list still works", async ({
  page,
  url,
}) => {
  const foreign: string[] = [];
  const set: Promise<string[]>[] = [];
  page.on("request", request => new URL(request.url()).origin === url || foreign.push(request.url()));
  page.on("response", response => set.push(cookiesOf(response)));
  await page.goto(url);
  expect(await kept(page)).toEqual(["session"]);
  const recorded = page.waitForResponse(response => response.url().endsWith("/decisions"));
  await page.click("#consent-reject-all");
  const answer = await recorded;
  expect(answer.status()).toBe(201);
  expect(new URL(answer.url()).pathname).toBe("/consent/v1/sites/nested-site/decisions");
  expect(await answer.headerValue("set-cookie"), "the choice is kept by the server too").toContain(
    "consent=1.",
  );
  await page.click("button[formaction='/list/1']");
  await expect(page.locator("#list")).toHaveText("On your list: 1");
  await page.reload();
  expect(await kept(page)).toEqual(["session"]);
  expect(new Set((await Promise.all(set)).flat())).toEqual(new Set(["session", "consent"]));
  expect(await counted(page, url)).toBe(0);
  expect(foreign).toEqual([]);
});

test("a yes lets both count, and a withdrawal takes back what they have set", async ({ page, url }) => {
  const beacon = () => page.waitForResponse(response => response.url() === url + "/count");
  await page.goto(url);
  const first = beacon();
  await page.click("#consent-accept-all");
  await first;
  const second = beacon();
  await page.reload();
  await second;
  await expect.poll(() => kept(page)).toEqual(["read", "reading", "session", "visitor"]);
  expect(await counted(page, url)).toBe(2);
  await page.evaluate(() => window.consent.withdraw());
  await page.reload(); // what no script can reach goes with the next answer
  expect(await kept(page)).toEqual(["session"]);
  expect(await counted(page, url)).toBe(2);
});
