/** The console: read by people, in every theme and width, by keyboard, and without a script. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { sound } from "../support/axe.ts";
import { expect, test, type Page } from "../support/test.ts";
import type { Server } from "../support/server.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser/console");

/** A cookie with `Secure` is kept on `localhost` without TLS. */
const at = (server: Server, path: string): string =>
  server.url.replace("127.0.0.1", "localhost") + "/console/" + path;

async function signIn(page: Page, server: Server, token: string): Promise<void> {
  await page.goto(at(server, ""));
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
}

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

const PAGES = (decision: string) => ({
  overview: "newsroom/?days=7",
  find: "newsroom/find",
  story: "newsroom/decisions/" + decision,
  notices: "newsroom/notices",
  install: "newsroom/install",
  sessions: "sessions",
});

test("every page, at both widths and in both themes: no fault found by axe; pictures", async ({
  page,
  server,
}) => {
  await mkdir(output, { recursive: true });
  const decision = await decide(page, server);
  await page.goto(at(server, "sign-in"));
  await sound(page, "sign in");
  await signIn(page, server, await server.token());
  // Counted within seconds, and not while the page is made.
  await expect(async () => {
    await page.goto(at(server, "newsroom/"));
    await expect(page.getByText("accepted everything").first()).toBeVisible({ timeout: 100 });
  }).toPass({ timeout: 30_000 });
  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      for (const [name, path] of Object.entries(PAGES(decision))) {
        expect((await page.goto(at(server, path)))!.status(), name).toBe(200);
        // Themes and widths are judged apart, so not in every combination.
        if ((colorScheme === "light") === (width === 360))
          await sound(page, `${name}, ${width} px, ${colorScheme}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wide, `${name} at ${width} px is wider than the window`).toBeLessThanOrEqual(0);
        await page.screenshot({ path: `${output}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
});

test("an auditor finds the one decision, sees what was shown, and can change nothing", async ({
  page,
  server,
}) => {
  const decision = await decide(page, server);
  const cookie = (await page.context().cookies()).find(({ name }) => name === "consent")!.value;
  await signIn(page, server, await server.tokenFor("auditor"));
  await page.getByRole("link", { name: "Find" }).click();
  await page.getByLabel("What the visitor can tell you").fill(cookie);
  await page.getByRole("button", { name: "Find" }).click();
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

test("an operator erases a subject, by keyboard alone and without a script", async ({
  browser,
  page,
  server,
}) => {
  const decision = await decide(page, server);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const console = await context.newPage();
  await signIn(console, server, await server.token());
  await console.goto(at(server, "newsroom/decisions/" + decision));
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
  await expect(console.getByRole("heading", { name: "Erased" })).toBeVisible();
  expect((await console.goto(at(server, "newsroom/decisions/" + decision)))!.status()).toBe(404);
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
  for (const path of Object.values(PAGES("01930000-0000-7000-8000-000000000001"))) {
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
