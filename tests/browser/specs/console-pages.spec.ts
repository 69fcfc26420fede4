/** Three pages of the console: whether a page has the script as it should be, what a config would show, and what is declared. */
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { at, output, pictures, signIn } from "../support/console.ts";
import { Server } from "../support/server.ts";
import { expect, test, type Page } from "../support/test.ts";

/** A page on this machine whose script is not the first, and is called from this server. */
async function withPage<T>(server: Server, work: (address: string) => Promise<T>): Promise<T> {
  const script = `${server.url}/v1/sites/newsroom/banner.js`;
  const web = createServer((_, response) =>
    response
      .setHeader("content-type", "text/html")
      .end(`<!doctype html><head><script>track("<b>")</script><script async src="${script}"></script>`),
  );
  await new Promise<void>(ready => web.listen(0, "127.0.0.1", ready));
  try {
    return await work(`http://localhost:${(web.address() as AddressInfo).port}/`);
  } finally {
    web.close();
  }
}

const HOSTILE = `"'><script>document.title="hit"</script><img src=x onerror=document.title="hit">`;

/** A report as `consent leaks --format json` writes it, with markup wherever text may stand. */
async function report(page: Page, server: Server): Promise<string> {
  const { notice_id } = await (
    await page.request.get(`${server.url}/v1/sites/newsroom/notice?lang=fr`)
  ).json();
  const seen = [
    { state: "unasked", page: `https://paper.example/${HOSTILE}`, initiator: "https://tag.example/t.js" },
  ];
  const category = "analytics";
  return JSON.stringify({
    url: "https://paper.example/",
    site: "newsroom",
    notice: notice_id,
    pages: 4,
    passes: false,
    states: [
      { state: "unasked", granted: ["necessary"], seen: [{}], failed: null },
      { state: "refused", granted: ["necessary"], seen: [], failed: HOSTILE },
    ],
    findings: [
      {
        code: "leak-cookie",
        severity: "error",
        category,
        declared: false,
        message: "cookie `_ga`: before consent",
        help: "let what sets it wait for its category",
        seen,
      },
      {
        code: "undeclared-cookie",
        severity: "warning",
        category: null,
        declared: false,
        message: `cookie \`${HOSTILE}\` is not declared`,
        help: "declare it",
        seen,
      },
    ],
    toml: `# seen\n[[site.cookie]]\ncategory = "functional"\nname = "basket"\nowner = "Shop"\nduration = "1 year"\npurpose.en = ""\n`,
  });
}

const SITE = `[[site]]
id = "newsroom"
languages = ["de", "en"]
ask_again_after = "18 months"
controller = { name = "Neue Zeitung GmbH", privacy_url = "/datenschutz" }
`;

async function check(page: Page, server: Server, address: string): Promise<void> {
  await page.goto(at(server, "newsroom/install"));
  await page.getByLabel("Address of a page").fill(address);
  await page.getByRole("button", { name: "Check the page" }).click();
  await expect(page.getByRole("heading", { name: /^The page / })).toBeVisible();
}

async function attempt(page: Page, server: Server): Promise<void> {
  await page.goto(at(server, "newsroom/preview"));
  await page.getByLabel("Config", { exact: true }).fill(SITE);
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("button", { name: "Show the banner" }).click();
  await page.locator("iframe").scrollIntoViewIfNeeded();
  await expect(page.frameLocator("iframe").locator("#consent-reject-all")).toBeVisible();
}

async function send(page: Page, server: Server): Promise<void> {
  await page.goto(at(server, "newsroom/declaration"));
  const file = {
    name: "report.json",
    mimeType: "application/json",
    buffer: Buffer.from(await report(page, server)),
  };
  await page.getByLabel("Report of").setInputFiles(file);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("before consent")).toBeVisible();
}

test("every page and what it answers, at both widths and in both themes: no fault found by axe; pictures", async ({
  page,
  server,
}) => {
  test.slow();
  await mkdir(output, { recursive: true });
  await signIn(page, server, await server.token());
  await send(page, server);
  const open = (path: string) => async () => void (await page.goto(at(server, path)));
  const preview = async () => {
    await page.goto(at(server, "newsroom/preview?width=360&theme=dark"));
    // A frame that nobody sees is not drawn.
    await page.locator("iframe").scrollIntoViewIfNeeded();
    await expect(page.frameLocator("iframe").locator("#consent-reject-all")).toBeVisible();
  };
  await withPage(server, async address => {
    const all: [string, () => Promise<void>][] = [
      ["install-checked", () => check(page, server, address)],
      ["preview", preview],
      ["preview-tried", () => attempt(page, server)],
      ["declaration", open("newsroom/declaration")],
    ];
    await pictures(page, all, async ([name, go]) => {
      await go();
      return `pages-${name}`;
    });
  });
  expect(await page.title()).not.toBe("hit");
});

test("an operator is told what is wrong with a page, in words", async ({ page, server }) => {
  await signIn(page, server, await server.token());
  await withPage(server, async address => {
    await check(page, server, address);
    for (const said of [
      'one in the page, “track("<b>")”',
      "The script has async",
      "Safari keeps the cookie for seven days",
    ])
      await expect(page.getByText(said)).toBeVisible();
  });
  await check(page, server, "http://169.254.169.254/latest/");
  await expect(
    page.getByText("does not say that http://169.254.169.254 has pages of this site"),
  ).toBeVisible();
});

test("the banner in force is drawn in each way without a script, and what is tried is published nowhere", async ({
  browser,
  page,
  server,
}) => {
  const context = await browser.newContext({ colorScheme: "light" });
  const console = await context.newPage();
  await signIn(console, server, await server.token());
  await console.goto(at(server, "newsroom/preview"));
  const banner = console.frameLocator("iframe").locator("#consent-banner");
  const background = () => banner.evaluate(one => getComputedStyle(one).getPropertyValue("--0").trim());
  await expect(console.frameLocator("iframe").locator("#consent-reject-all")).toHaveText(/refuser/i);
  const light = await background();
  await console.getByLabel("Language").selectOption("en");
  await console.getByLabel("Theme").selectOption("dark");
  await console.getByLabel("Width").selectOption("360");
  await console.getByLabel("Global Privacy Control").selectOption("on");
  await console.getByRole("button", { name: "Show" }).click();
  await expect(console.frameLocator("iframe").locator("#consent-reject-all")).toHaveText(/reject|refuse/i);
  expect(await background()).not.toBe(light);
  const frame = console.frames().find(one => one.url().includes("/drawn"))!;
  expect(
    await frame.evaluate(() => [innerWidth, Reflect.get(navigator, "globalPrivacyControl"), self.origin]),
  ).toEqual([358, true, "null"]);
  await attempt(console, server);
  await expect(console.getByText("warning[EU-11]")).toBeVisible();
  await expect(console.frameLocator("iframe").getByText("Neue Zeitung GmbH").first()).toBeVisible();
  await context.close();
  // Visitors see what they saw.
  await page.goto(server.url + "/");
  await expect(page.locator("#consent-reject-all")).toBeVisible();
  await expect(page.getByText("Neue Zeitung GmbH")).toHaveCount(0);
});

test("without a script everything works: the forms, the file and the frame around what is tried", async ({
  browser,
  page,
  server,
}) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const console = await context.newPage();
  await signIn(console, server, await server.token());
  await console.goto(at(server, "newsroom/preview"));
  const file = { name: "consent.toml", mimeType: "application/toml", buffer: Buffer.from(SITE) };
  await console.getByLabel("Or a file with it").setInputFiles(file);
  await console.getByRole("button", { name: "Check" }).click();
  await expect(console.getByLabel("Config", { exact: true })).toHaveValue(SITE);
  await console.goto(at(server, "newsroom/declaration"));
  const sent = {
    name: "a.json",
    mimeType: "application/json",
    buffer: Buffer.from(await report(page, server)),
  };
  await console.getByLabel("Report of").setInputFiles(sent);
  await console.getByRole("button", { name: "Send" }).click();
  await expect(console.getByRole("region", { name: "TOML to paste" })).toContainText('name = "basket"');
  await context.close();
});

test("an auditor reads all of it and sends nothing; a stranger sees where to sign in", async ({
  page,
  server,
}) => {
  const paths = ["newsroom/install", "newsroom/preview", "newsroom/declaration"];
  for (const path of paths) {
    await page.goto(at(server, path));
    await expect(page.getByLabel("Token")).toBeVisible();
  }
  await signIn(page, server, await server.tokenFor("auditor"));
  for (const path of paths) {
    await page.goto(at(server, path));
    await expect(page.locator("main form[method=post]")).toHaveCount(0);
  }
  await expect(page.getByRole("heading", { name: "What was seen" })).toBeVisible();
});
