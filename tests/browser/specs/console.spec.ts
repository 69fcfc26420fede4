/** The console: read by people, in every theme and width, by keyboard, and without a script. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { sound } from "../support/axe.ts";
import { expect, test, type Locator, type Page } from "../support/test.ts";
import { at, output, pictures, signIn } from "../support/console.ts";
import { program, type Server } from "../support/server.ts";

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

const PAGES = (story: string, notice: string) => ({
  overview: "newsroom/?days=7",
  find: "newsroom/find",
  story,
  prove: "newsroom/prove",
  bundles: "newsroom/prove/bundles",
  "by-hand": "newsroom/prove/by-hand",
  notices: "newsroom/notices",
  notice: `newsroom/notices/${notice}?width=768`,
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
  await page.mouse.move(1, 1); // as long as no pointer is there the form waits for a file
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.getByRole("heading", { name: "One subject" })).toBeVisible();
  expect(page.url()).not.toContain(clue); // addresses are kept by browsers, and in the logs of proxies
  return page.url().split("/console/")[1]!;
}

test("every page, at both widths and in both themes: no fault found by axe; pictures", async ({
  page,
  server,
}) => {
  test.slow(); // four times eleven pages
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
  const asked = await page.request.get(`${server.url}/v1/sites/newsroom/notice?lang=fr`);
  const { notice_id } = await asked.json();
  await pictures(page, Object.entries(PAGES(story, notice_id)), async ([name, path]) => {
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

/** Drops a file from elsewhere at a place of the window, as a person does it: no event of a page's making is one. */
async function drop(page: Page, file: string, x: number, y: number): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const data = { items: [], files: [file], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await browser.send("Input.dispatchDragEvent", { type, x, y, data });
  await browser.detach();
}

test("a receipt that is chosen, or dropped anywhere in the form, leads to its decision", async ({
  page,
  server,
}, info) => {
  const decision = await decide(page, server);
  await signIn(page, server, await server.tokenFor("auditor"));
  const story = await find(page, server, decision);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Receipt" }).first().click();
  const receipt = info.outputPath("a.tlog-proof");
  await (await download).saveAs(receipt);
  const leads = async () => {
    await page.mouse.move(1, 1);
    await page.getByRole("button", { name: "Find" }).click();
    await expect(page.getByText(decision)).toBeVisible();
    expect(page.url()).toContain(story);
  };
  await page.goto(at(server, "newsroom/find"));
  await page.getByLabel("Or a receipt").setInputFiles(receipt);
  await leads();
  // The pointer comes from elsewhere, with the file.
  page = await page.context().newPage();
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(at(server, "newsroom/find"));
    await page.mouse.move(-9, -9);
    const form = page.locator("form.find");
    const field = page.getByLabel("Or a receipt");
    const { x, y, width: wide, height: high } = (await form.boundingBox())!;
    // Where the text goes too, and on the button, and at the edges.
    for (const across of [0.02, 0.5, 0.98])
      for (const down of [0.02, 0.3, 0.5, 0.7, 0.85, 0.98]) {
        await field.evaluate((one: HTMLInputElement) => (one.value = ""));
        await drop(page, receipt, x + wide * across, y + high * down);
        const [files, url] = await field.evaluate((one: HTMLInputElement) => [
          one.files!.length,
          location.pathname,
        ]);
        expect([files, url], `${across} ${down} at ${width} px`).toEqual([1, "/console/newsroom/find"]);
      }
    await leads();
  }
  // Beside the form nothing takes it.
  await page.goto(at(server, "newsroom/find"));
  await drop(page, receipt, 20, 880);
  expect(await page.getByLabel("Or a receipt").evaluate((one: HTMLInputElement) => one.files!.length)).toBe(
    0,
  );
});

test("over the form a pointer does what it does anywhere, and so do keys", async ({ page, server }) => {
  await signIn(page, server, await server.tokenFor("auditor"));
  await page.goto(at(server, "newsroom/find"));
  const text = page.getByLabel("What the visitor can tell you");
  await page.mouse.move(1, 1);
  await text.click();
  await page.keyboard.type("one");
  await expect(text).toHaveValue("one");
  for (const press of [
    () => page.getByText("Or a receipt, chosen").click(),
    async () => {
      const { x, y, height } = (await page.locator("form.find .room").boundingBox())!;
      await page.mouse.click(x + 50, y + height - 20); // where the field's own button is seen
    },
    async () => {
      await page.getByLabel("Or a receipt").focus();
      await page.keyboard.press("Enter");
    },
  ]) {
    const chooser = page.waitForEvent("filechooser");
    await press();
    await chooser;
  }
  let opened = false;
  page.on("filechooser", () => (opened = true));
  await page.locator("#hint").click();
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  expect(opened).toBe(false);
});

/** What the pages' commands are run with: the packages of tests/foreign beside what was built, and Debian's of Go. */
function tools(): NodeJS.ProcessEnv {
  const built = dirname(resolve(program()));
  return {
    ...process.env,
    PATH: `${built}:${process.env["PATH"]}`,
    PYTHONPATH: process.env["PYTHONPATH"] ?? resolve(built, "../python"),
    // What is deprecated is refused.
    PYTHONWARNINGS: "error",
    GO111MODULE: "off",
    GOPATH: "/usr/share/gocode",
    GOFLAGS: "",
  };
}

test("a bundle is taken away, and every command of the page proves it", async ({ page, server }, info) => {
  test.slow();
  await decide(page, server);
  await signIn(page, server, await server.tokenFor("auditor"));
  await page.goto(at(server, "newsroom/prove"));
  const link = await makeBundle(page);
  const download = page.waitForEvent("download");
  await link.click();
  const folder = info.outputPath("taken");
  await mkdir(folder, { recursive: true });
  await (await download).saveAs(`${folder}/BUNDLE.zip`);
  const digest = (await run("sha256sum", [`${folder}/BUNDLE.zip`])).stdout.split(" ")[0]!;
  await expect(page.getByText(digest)).toBeVisible();
  await page.getByRole("link", { name: "programs that nobody here wrote" }).click();
  const said = new Map<string, string>();
  for (const block of await page.locator("main pre").all()) {
    const [name, command] = [await block.getAttribute("aria-label"), await block.textContent()];
    const cwd = said.size === 0 ? folder : `${folder}/bundle`;
    const { stdout, stderr } = await run("bash", ["--norc", "-euo", "pipefail", "-c", command!], {
      cwd,
      env: tools(),
    });
    expect(stderr, name!).toBe("");
    said.set(name!, stdout);
  }
  expect([...said.keys()]).toEqual([
    "Unpack",
    "The signature of the head",
    "The root of the tree",
    "With Go",
    "The names of notices",
    "The whole check",
  ]);
  expect(said.get("The signature of the head")).toContain("Signature Verified Successfully");
  const roots = said.get("The root of the tree")!.trim().split("\n");
  expect(roots).toHaveLength(2);
  expect(roots[0]).toBe(roots[1]);
  expect(said.get("With Go")).toMatch(/^localhost\/newsroom\/\d{4} holds: \d+ entries/);
  const lines = said.get("The names of notices")!.trim().split("\n");
  for (const line of lines) expect(line).toMatch(/^(\S{43}) (?:notices|scripts)\/\1\.js(?:on)?$/);
  expect(said.get("The whole check")).toContain("everything in this bundle HOLDS");
  // What was changed after that, the commands tell.
  const entries = `${folder}/bundle/logs/${new Date().getUTCFullYear()}/tile/entries`;
  await run("bash", ["-euc", `sed -i 's/"time":1/"time":2/' "$(find ${entries} -type f | head -n 1)"`]);
  await expect(run("go", ["run", "check.go"], { cwd: `${folder}/bundle`, env: tools() })).rejects.toThrow(
    "another root",
  );
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
  for (const path of Object.values(PAGES("newsroom/entries/2026/1", "A".repeat(43)))) {
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
