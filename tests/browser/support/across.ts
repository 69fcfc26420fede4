/** One server under several names: sites on two domains, and pages that load the script from a third. */
import { chromium as browsers, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "./chromium.ts";
import { Server } from "./server.ts";
import { expect, test as base } from "./test.ts";

export { expect };
export type { BrowserContext, Page };

const DECLARED = `
[site.controller]
name = "Tramway Museum Ltd."
privacy_url = "/privacy"
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Tramway Museum Ltd."
duration = "1 year"
purpose = "Counts visits."
`;

/** The server, the pages, which are another server's, and a browser that finds both under every name. */
export class Names {
  readonly server: Server;
  readonly port: number;
  readonly #browser: Browser;
  readonly #folder: string;
  readonly #pages: HttpServer;
  /** What answers under a name: the site whose script it has, and the rest of the page. */
  readonly #shown = new Map<string, { site: string; body: string; account: string }>();

  private constructor(server: Server, port: number, pages: HttpServer, browser: Browser, folder: string) {
    this.server = server;
    this.port = port;
    this.#browser = browser;
    this.#folder = folder;
    this.#pages = pages;
    pages.on("request", (request, response) => {
      const name = request.headers.host!.split(":")[0]!;
      const { site, body, account } = this.#shown.get(name) ?? { site: "", body: "", account: "" };
      const tag = account && ` data-account="${account}"`;
      const script = `${server.url.replace("127.0.0.1", "consent.test")}/v1/sites/${site}/banner.js`;
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.setHeader("cache-control", "no-store");
      response.end(
        `<!doctype html><title>${name}</title><script src="${script}"${tag}></script><h1>${name}</h1>${body}`,
      );
    });
  }

  /** `config` makes the tables of the sites, with the port of the pages; what they declare stands for `#DECLARED`. Beside it lie `files`. */
  static async start(config: (port: number) => string, files: Record<string, string> = {}): Promise<Names> {
    const folder = await mkdtemp(join(tmpdir(), "consent-across-"));
    const pages = createServer();
    pages.listen(0, "127.0.0.1");
    await once(pages, "listening");
    const { port } = pages.address() as { port: number };
    const text = config(port).replaceAll("#DECLARED", DECLARED);
    await writeFile(join(folder, "consent.toml"), `[server]\nhost = "localhost"\n${text}`);
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const server = await Server.start(join(folder, "consent.toml"));
    const browser = await browsers.launch({
      ...chromium,
      args: [
        ...chromium.args,
        "--host-resolver-rules=MAP *.test 127.0.0.1",
        "--test-third-party-cookie-phaseout",
      ],
    });
    return new Names(server, port, pages, browser, folder);
  }

  /** The address of a page under a name. */
  url = (name: string, path = "/"): string => `http://${name}:${this.port}${path}`;

  /** A visitor who has been nowhere yet. */
  visitor(): Promise<BrowserContext> {
    return this.#browser.newContext({ locale: "en-GB" });
  }

  /** Opens a page that has the script of a site; `body` is the rest of it, and the tag says who is signed in. */
  async open(
    page: Page,
    site: string,
    name: string,
    { path = "/", body = "", account = "" } = {},
  ): Promise<void> {
    this.serve(site, name, body, account);
    await page.goto(this.url(name, path));
    await page.evaluate(() => window.consent.ready);
  }

  /** What answers under a name from now on. */
  serve(site: string, name: string, body = "", account = ""): void {
    this.#shown.set(name, { site, body, account });
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#pages.closeAllConnections();
    this.#pages.close();
    await this.server.remove();
    await rm(this.#folder, { recursive: true });
  }
}

/** The granted categories, as a page tells: none as long as it has no script. */
export const granted = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    Object.entries(window.consent?.get().choices ?? {})
      .filter(([, choice]) => choice === "grant")
      .map(([category]) => category),
  );

/** Waits until the server has answered for everything. */
export const delivered = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => !Object.keys(localStorage).some(key => key.startsWith("consent:")));

export const test = base;
