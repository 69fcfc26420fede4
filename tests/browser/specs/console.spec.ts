/** The console: read by people, in every theme and width, by keyboard, and without a script. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { sound } from "../support/axe.ts";
import { expect, test, type Locator, type Page } from "../support/test.ts";
import { at, output, pictures, signIn } from "../support/console.ts";
import type { Server } from "../support/server.ts";

const run = promisify(execFile);

/** A visitor who refuses, and then grants everything. Gives back the id of the last decision, once it is recorded. */
async function decide(page: Page, server: Server): Promise<string> {
  await page.goto(server.url + "/");
  await page.locator("#consent-reject-all").click();
  const recorded = page.waitForResponse(
    response => response.url().endsWith("/decisions") && response.request().postDataJSON().action === "save",
  );
  await page.evaluate(() =>
    window.consent.set({
      functional: "grant",
      analytics: "grant",
      performance: "grant",
      advertisement: "grant",
    }),
  );
  expect((await recorded).status()).toBe(201);
  return (await page.evaluate(() => window.consent.get().decision_id))!;
}

const PAGES = (story: string) => ({
  overview: "newsroom/?days=7",
  find: "newsroom/find",
  story,
  prove: "newsroom/prove",
  bundles: "newsroom/prove/bundles",
  "by-hand": "newsroom/prove/by-hand",
  notices: "newsroom/notices",
  install: "newsroom/install",
  sessions: "sessions",
});

/** Has a bundle of everything made, from the page that is open, and waits for it: the page loads itself again. */
async function makeBundle(page: Page): Promise<Locator> {
  await page.getByRole("link", { name: "Make a bundle" }).click();
  await page.getByRole("button", { name: "Make it" }).click();
  const link = page.getByRole("link", { name: /^newsroom_.*\.zip$/ });
  await expect(link).toBeVisible({ timeout: 60_000 });
  return link;
}

/** Looks for what a visitor has. Gives back the address of the page that tells of it, after `console/`. */
async function find(page: Page, server: Server, clue: string): Promise<string> {
  await page.goto(at(server, "newsroom/find"));
  await page.getByLabel("What the visitor can tell you").fill(clue);
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.getByRole("heading", { name: "One subject" })).toBeVisible();
  expect(page.url()).not.toContain(clue); // addresses are kept by browsers, and in the logs of proxies
  return page.url().split("/console/")[1]!;
}

test("every page, at both widths and in both themes: no fault found by axe; pictures", async ({
  page,
  server,
}) => {
  test.slow(); // four times ten pages
  await mkdir(output, { recursive: true });
  const decision = await decide(page, server);
  await page.goto(at(server, "sign-in"));
  await sound(page, "sign in");
  await signIn(page, server, await server.token());
  const story = await find(page, server, decision);
  await page.goto(at(server, "newsroom/prove"));
  await page.getByRole("button", { name: "Check everything now" }).click();
  await expect(page.getByText("everything in this bundle HOLDS")).toBeVisible({ timeout: 60_000 });
  await makeBundle(page);
  // Counted within seconds, and not while the page is made.
  await expect(async () => {
    await page.goto(at(server, "newsroom/"));
    await expect(page.getByText("accepted everything").first()).toBeVisible({ timeout: 100 });
  }).toPass({ timeout: 30_000 });
  await pictures(page, Object.entries(PAGES(story)), async ([name, path]) => {
    expect((await page.goto(at(server, path)))!.status(), name).toBe(200);
    return name;
  });
});

test("an auditor finds the one decision, sees what was shown, and can change nothing", async ({
  page,
  server,
}) => {
  const decision = await decide(page, server);
  const cookie = (await page.context().cookies()).find(({ name }) => name === "consent")!.value;
  await signIn(page, server, await server.tokenFor("auditor"));
  await find(page, server, cookie);
  await expect(page.locator(".story > li")).toHaveCount(2);
  await expect(page.locator(".story .action").first()).toHaveText("save");
  await expect(page.getByText(decision)).toBeVisible();
  await expect(page.getByRole("button", { name: "Erase" })).toHaveCount(0);
  await page.locator(".story a", { hasText: "notice" }).first().click();
  // The very script that visitors had, in a frame of its own: it can not reach the console.
  const shown = page.frameLocator("iframe.shown");
  await expect(shown.locator("#consent-reject-all")).toBeVisible();
  await shown.locator("#consent-reject-all").click();
  const frame = page.frames().find(one => one.url().endsWith(".html"))!;
  expect(await frame.evaluate(() => self.origin)).toBe("null");
});

test("a receipt that is dropped on the page leads to its decision", async ({ page, server }) => {
  const decision = await decide(page, server);
  await signIn(page, server, await server.tokenFor("auditor"));
  const story = await find(page, server, decision);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Receipt" }).first().click();
  const receipt = await (await download).path();
  await page.goto(at(server, "newsroom/find"));
  await page.getByLabel("Or a receipt").setInputFiles(receipt);
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.getByText(decision)).toBeVisible();
  expect(page.url()).toContain(story);
});

test("a bundle is taken away, and the commands on the page prove it with openssl", async ({
  page,
  server,
}, info) => {
  await decide(page, server);
  await signIn(page, server, await server.tokenFor("auditor"));
  await page.goto(at(server, "newsroom/prove"));
  const link = await makeBundle(page);
  const download = page.waitForEvent("download");
  await link.click();
  const folder = info.outputPath("bundle");
  await mkdir(folder, { recursive: true });
  await (await download).saveAs(`${folder}.zip`);
  const digest = (await run("sha256sum", [`${folder}.zip`])).stdout.split(" ")[0]!;
  await expect(page.getByText(digest)).toBeVisible();
  await run("unzip", ["-q", `${folder}.zip`, "-d", folder]);
  await page.getByRole("link", { name: "programs that nobody here wrote" }).click();
  const command = (name: string) => page.getByRole("region", { name }).textContent();
  const signed = await command("The signature of the head");
  expect((await run("bash", ["-euc", signed!], { cwd: folder })).stdout).toContain(
    "Signature Verified Successfully",
  );
  const named = await run("bash", ["-euc", (await command("The names of notices"))!], { cwd: folder });
  const lines = named.stdout.trim().split("\n");
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/^(\S{43}) (?:notices|scripts)\/\1\.js(?:on)?$/);
});

test("an operator erases a subject, by keyboard alone and without a script", async ({
  browser,
  page,
  server,
}) => {
  const decision = await decide(page, server);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const console = await context.newPage();
  await signIn(console, server, await server.token());
  const story = await find(console, server, decision);
  const asked = await console.locator("label code").textContent();
  const field = console.getByLabel(/^Type/);
  await field.focus();
  await console.keyboard.type("something else");
  await console.keyboard.press("Enter");
  await expect(console.getByRole("alert")).toContainText("Nothing was erased");
  await field.focus();
  await console.keyboard.type(asked!);
  await console.keyboard.press("Tab");
  await console.keyboard.press("Enter");
  await expect(console.getByText("What was decided here was erased.")).toBeVisible();
  expect(console.url()).toContain(story);
  await console.goto(at(server, "newsroom/"));
  await console.getByRole("button", { name: "Sign out" }).click();
  await expect(console.getByLabel("Token")).toBeVisible();
  await console.goBack();
  await expect(console.getByLabel("Token")).toBeVisible();
  await context.close();
});

test("a stranger sees where to sign in and nothing else, from wherever they come", async ({
  page,
  server,
}) => {
  for (const path of Object.values(PAGES("newsroom/entries/2026/1"))) {
    await page.goto(at(server, path));
    await expect(page.getByLabel("Token")).toBeVisible();
  }
  await page.getByLabel("Token").fill("consent_none");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toHaveText("This server knows no such token.");
  // A page elsewhere that sends the operator's browser a form gets nothing done: the cookie stays at home.
  await signIn(page, server, await server.token());
  await page.route("http://elsewhere.example/", route =>
    route.fulfill({
      contentType: "text/html",
      body: `<form method="post" action="${at(server, "sessions")}"><input name="session" value="all"><button>Win</button></form>`,
    }),
  );
  await page.goto("http://elsewhere.example/");
  const answer = page.waitForResponse(response => response.request().method() === "POST");
  await page.getByRole("button").click();
  expect((await answer).status()).toBe(403);
  expect((await page.goto(at(server, "newsroom/")))!.url()).toContain("/console/newsroom/");
});
