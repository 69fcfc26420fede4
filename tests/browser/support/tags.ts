/** Somebody else's server, on another origin: it serves tags that tell it what they were told, in order. */
import { createServer, type Server as HttpServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { Server } from "./server.ts";
import { expect, test as base, Visitor, type Page } from "./test.ts";

export { expect };
export type { Page };

/** One thing that a tag was told, as it left the page. */
export type Told = unknown;

// The tag takes what waits under a name, and all that comes later, as the vendors' own do. What it sends keeps its order:
// each report has its number.
const TAG = `
(() => {
  const home = new URL(document.currentScript.src).origin;
  let number = 0;
  const report = told => fetch(home + "/told", {
    method: "POST", keepalive: true, body: JSON.stringify([number++, location.search, told]),
  });
  const plain = item => Object.prototype.toString.call(item) === "[object Arguments]"
    ? { command: [...item] } : { item };
  const take = queue => {
    queue.forEach(item => report(plain(item)));
    queue.push = item => (report(plain(item)), Array.prototype.push.call(queue, item));
  };
  take(window[document.currentScript.dataset.queue] ||= []);
})();`;

// What stands for the programs of Meta, Pinterest, TikTok and Microsoft: each takes what waits in its vendor's queue, and from
// then on hears each command as the vendor's own does.
const PIXELS = `
(() => {
  const home = new URL(document.currentScript.src).origin;
  let number = 0;
  const report = (...told) => fetch(home + "/told", {
    method: "POST", keepalive: true, body: JSON.stringify([number++, location.search, told]),
  });
  for (const command of fbq.queue.splice(0)) report("meta", ...command);
  fbq.callMethod = (...command) => report("meta", ...command);
  for (const command of pintrk.queue.splice(0)) report("pinterest", ...command);
  pintrk.queue.push = command => report("pinterest", ...command);
  for (const command of ttq.splice(0)) report("tiktok", ...command);
  ttq.push = command => report("tiktok", ...command);
  report("uet", ...uetq.splice(0));
  uetq.push = (...command) => report("uet", ...command);
  for (const command of clarity.q.splice(0)) report("clarity", ...command);
  window.clarity = (...command) => report("clarity", ...command);
})();`;

/** A server of tags, and what it was asked for. */
export class Tags {
  /** Paths of what was asked for, without the reports. */
  readonly requested: string[] = [];
  readonly #reports: { at: number; page: string; told: Told }[] = [];
  readonly #server: HttpServer;
  readonly url: string;

  private constructor(server: HttpServer, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** Starts one on a free port of another host name, which is another origin and another site. */
  static async start(): Promise<Tags> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const tags = new Tags(server, `http://localhost:${port}`);
    server.on("request", (request, response) => {
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("cache-control", "no-store");
      if (request.url !== "/told") {
        tags.requested.push(request.url!);
        response.setHeader("content-type", "text/javascript");
        response.end(request.url === "/pixels.js" ? PIXELS : TAG);
        return;
      }
      let body = "";
      request.on("data", text => (body += text));
      request.on("end", () => {
        const [at, page, told] = JSON.parse(body);
        tags.#reports.push({ at, page, told });
        response.end();
      });
    });
    return tags;
  }

  /** What the tag of the page with this query was told, in the order in which it was. */
  told(page = ""): Told[] {
    const of = this.#reports.filter(report => report.page === page);
    return of.sort((one, other) => one.at - other.at).map(({ told }) => told);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Tests of sites with parts, behind one server for all tests of a file. */
export const test = base.extend<{ tags: Tags }, { tagged: Server }>({
  tagged: [
    async ({}, use) => {
      const server = await Server.start(join(import.meta.dirname, "../fixtures/tags.toml"));
      await use(server);
      await server.remove();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  server: async ({ tagged }, use) => use(tagged),
  tags: async ({}, use) => {
    const tags = await Tags.start();
    await use(tags);
    await tags.stop();
  },
});

/** The same, where requests to another host are the point. */
export const abroad = test.extend({
  // Chromium asks before a page that a test has made up goes to this machine.
  visitor: async ({ page, server }, use) => {
    await page.context().grantPermissions(["local-network-access"]);
    const visitor = await Visitor.of(page, server);
    await use(visitor);
    expect(visitor.violations, "what the page's policy had to refuse").toEqual([]);
    expect(visitor.errors, "errors on the page").toEqual([]);
  },
});

/** A policy under which a page may ask the server of tags. */
export const policy = (tags: Tags): string =>
  `default-src 'self'; script-src 'self' ${tags.url}; connect-src 'self' ${tags.url}; style-src 'self'`;
