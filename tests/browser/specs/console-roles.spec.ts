/** Every page of the console, as operator, auditor and stranger; with nothing in it, and with ten thousand decisions. */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request as ask } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sound } from "../support/axe.ts";
import { at, output, pictures } from "../support/console.ts";
import { Server } from "../support/server.ts";
import { expect, test, type Page } from "../support/test.ts";

const site = (id: string) => `
[[site]]
id = "${id}"
name = "The ${id}"
languages = ["en", "fr"]
controller = { name = "Tramway Museum Ltd.", privacy_url = "/privacy" }
cookie = [{ category = "analytics", name = "visits", owner = "Tramway Museum Ltd.", duration = "1 year", purpose = { en = "Counts visits.", fr = "Compte les visites." } }]
`;

const CONFIG = `[server]\nhost = "localhost"\n[limits]\nper_address = 0\nper_subject = 0\n${site("news")}${site("shop")}`;

let folder: string;
let server: Server;
test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "consent-roles-"));
  await writeFile(join(folder, "consent.toml"), CONFIG);
  server = await Server.start(join(folder, "consent.toml"));
  await mkdir(output, { recursive: true });
});
test.afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true });
});

async function notice(language: string): Promise<string> {
  const answer = await fetch(`${server.url}/v1/sites/news/notice?lang=${language}`);
  return ((await answer.json()) as { notice_id: string }).notice_id;
}

/** A name for a decision: a UUID of version 7. */
function decisionId(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  const rest = randomBytes(10).toString("hex");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(1, 4)}-8${rest.slice(5, 8)}-${rest.slice(8, 20)}`;
}

/** One subject that refuses again and again; gives back the last decision. */
async function decide(times: number): Promise<string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const notice_id = await notice("en");
  let last = "";
  const one = () =>
    new Promise<void>((done, failed) => {
      last = decisionId();
      const body = JSON.stringify({
        decision_id: last,
        subject_id: "AAECAwQFBgcICQoLDA0ODw",
        notice_id,
        action: "reject_all",
        choices: { functional: "deny", analytics: "deny", performance: "deny", advertisement: "deny" },
        decided_at: new Date().toISOString(),
        signals: { gpc: false },
        language: "en",
        page: "/",
      });
      const headers = { "content-type": "application/json" };
      const sent = ask(
        `${server.url}/v1/sites/news/decisions`,
        { agent, headers, method: "POST" },
        answer => {
          answer.resume().on("end", done);
          if (answer.statusCode !== 201) failed(new Error(`${answer.statusCode}`));
        },
      );
      sent.on("error", failed).end(body);
    });
  for (let left = times; left > 0; left -= 500)
    await Promise.all(Array.from({ length: Math.min(left, 500) }, one));
  agent.destroy();
  return last;
}

/** All that is below `/console/`; the last ones only once somebody has decided something. */
const pages = async (): Promise<Record<string, string>> => ({
  sites: "",
  sessions: "sessions",
  trail: "trail",
  overview: "news/",
  find: "news/find",
  notices: "news/notices",
  notice: `news/notices/${await notice("en")}`,
  compared: `news/notices/${await notice("en")}?with=${await notice("fr")}`,
  prove: "news/prove",
  "by-hand": "news/prove/by-hand",
  bundles: "news/prove/bundles",
  declaration: "news/declaration",
  preview: "news/preview",
  install: "news/install",
});
const story = "news/entries/2026/";

async function signIn(page: Page, token: string): Promise<void> {
  await page.goto(at(server, "sign-in"));
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

test("with nothing in it every page says so; at both widths and in both themes", async ({ page }) => {
  test.slow();
  await signIn(page, await server.token());
  // Those of which no other test has a picture, or none with nothing in them.
  const { sites, trail, overview, notice, compared, bundles } = await pages();
  const all: [string, string, number][] = Object.entries({
    sites,
    trail,
    overview,
    notice,
    compared,
    bundles,
  }).map(([name, path]) => [name, path!, 200]);
  all.push(["not-found", "nowhere/", 404]);
  await pictures(page, all, async ([name, path, status]) => {
    expect((await page.goto(at(server, path)))!.status(), name).toBe(status);
    return `empty-${name}`;
  });
  await page.goto(at(server, "news/"));
  await expect(page.getByText("Nothing in this period")).toBeVisible();
  await page.goto(at(server, "news/find"));
  await page.mouse.move(1, 1); // as long as no pointer is there the form waits for a file
  await page.getByLabel("What the visitor can tell you").fill("nobody");
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await sound(page, "nothing found");
  await page.screenshot({ path: `${output}/find-nothing.png`, fullPage: true });
});

test("an operator and an auditor see the same, and who may see one site sees that one", async ({
  browser,
}) => {
  await decide(1);
  const paths = [...Object.values(await pages()), `${story}3`];
  for (const [who, token, sites] of [
    ["operator", await server.tokenFor("operator", null), ["news", "shop"]],
    ["auditor", await server.tokenFor("auditor", null), ["news", "shop"]],
    ["auditor of one site", await server.tokenFor("auditor", "shop"), ["shop"]],
  ] as const) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await signIn(page, token);
    for (const path of paths) {
      const status = (await page.goto(at(server, path)))!.status();
      const isOfAll = path === "trail";
      const sees = path.startsWith("news/") || isOfAll ? sites.length === 2 : true;
      expect([200, 404].includes(status) && (status === 200) === sees, `${who}: ${path} ${status}`).toBe(
        true,
      );
    }
    // What changes something has a button for operators only.
    if (sites.length === 2)
      for (const [path, button] of [
        [`${story}3`, "Erase"],
        ["news/install", "Check the page"],
        ["news/declaration", "Send"],
        ["news/preview", "Check"],
      ] as const) {
        await page.goto(at(server, path));
        const buttons = page.getByRole("button", { name: button, exact: true });
        await expect(buttons, `${who}: ${path}`).toHaveCount(who === "operator" ? 1 : 0);
      }
    await context.close();
  }
});

test("a stranger is led to where one signs in, from every address", async ({ page }) => {
  const id = await notice("en");
  const more = [`${story}3`, "news/preview/drawn", `news/prove/bundles/${id}`, "trail/bundle"];
  for (const path of [...Object.values(await pages()), ...more]) {
    await page.goto(at(server, path));
    await expect(page.getByLabel("Token"), path).toBeVisible();
  }
});

test("ten thousand decisions of one subject: found at once, shown in pieces, and counted", async ({
  page,
}) => {
  test.slow();
  const last = await decide(10_000);
  await signIn(page, await server.token());
  await page.goto(at(server, "news/find"));
  await page.mouse.move(1, 1); // as long as no pointer is there the form waits for a file
  await page.getByLabel("What the visitor can tell you").fill(last);
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.getByText(/1000\d decisions, newest first/)).toBeVisible();
  await expect(page.locator(".story > li")).toHaveCount(50);
  await expect(page.getByText(last)).toBeVisible();
  const found = page.url().split("/console/")[1]!;
  await expect(async () => {
    await page.goto(at(server, "news/?days=7"));
    await expect(page.getByText(/are not counted yet/)).toHaveCount(0, { timeout: 100 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByText(/10,00\d|10 00\d|1000\d/).first()).toBeVisible();
  await pictures(page, ["story", "overview"] as const, async name => {
    await page.goto(at(server, name === "story" ? found : "news/?days=7"));
    return `many-${name}`;
  });
});
