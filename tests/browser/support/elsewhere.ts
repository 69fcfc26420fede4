/** Somebody else's server under several names, which writes down what it is asked for; and sites that declare its names. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "./server.ts";
import { expect, test as base, Visitor, type Page } from "./test.ts";

export { expect };
export type { Page };

const PIXEL = Buffer.from("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==", "base64");
const KINDS: Record<string, [string, (path: string) => string | Buffer]> = {
  ".js": ["text/javascript", path => `(window.ran ??= []).push(${JSON.stringify(path)});`],
  ".html": ["text/html", path => `<!doctype html><p>${path}`],
  ".gif": ["image/gif", () => PIXEL],
};

/** A server that answers every name below `localhost`: a script that says that it ran, a frame, a pixel, or a word. */
export class Elsewhere {
  /** What it was asked for, as `stats /a.js`: the first label of the host, and the path. */
  readonly asked: string[] = [];
  readonly #server: HttpServer;
  readonly #port: number;

  private constructor(server: HttpServer) {
    this.#server = server;
    this.#port = (server.address() as { port: number }).port;
  }

  static async start(): Promise<Elsewhere> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const elsewhere = new Elsewhere(server);
    server.on("request", (request, response) => {
      const path = request.url!;
      elsewhere.asked.push(`${request.headers.host!.split(".")[0]} ${path}`);
      const [type, body] = KINDS[/\.[a-z]+(?=$|\?)/.exec(path)?.[0] ?? ""] ?? ["text/plain", () => "word"];
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("cache-control", "no-store");
      response.setHeader("content-type", type);
      response.end(body(path));
    });
    return elsewhere;
  }

  /** The address of a path under a name: `stats`, `ads`, `video` are declared, others are not. */
  url = (name: string, path = ""): string => `http://${name}.localhost:${this.#port}${path}`;

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

const DECLARED = `
[site.controller]
name = "Tramway Museum Ltd."
privacy_url = "/privacy"
[[site.service]]
category = "functional"
id = "video"
name = "Films"
purpose = "Shows films."
[[site.cookie]]
category = "analytics"
name = "_stats*"
owner = "Counters Ltd."
duration = "1 year"
purpose = "Tells visitors apart."
[[site.cookie]]
category = "functional"
kind = "local_storage"
name = "volume"
service = "video"
owner = "Films Ltd."
duration = "1 year"
purpose = "Keeps the volume."
[[site.cookie]]
category = "analytics"
kind = "session_storage"
name = "stats-visit"
owner = "Counters Ltd."
duration = "session"
purpose = "Counts pages of one visit."
[[site.host]]
category = "analytics"
name = "stats.localhost"
[[site.host]]
category = "advertisement"
name = "ads.localhost"
[[site.host]]
category = "functional"
name = "video.localhost"
service = "video"
`;

/** By their ids: sites that declare the same and hold back differently. */
const SITES: Record<string, string> = {
  newsroom: "", // all ways are shut, as hosts are declared
  network: `block = ["network"]`,
  storage: `block = ["storage"]`,
  write: `block = ["document_write"]`,
  untagged: `block = ["untagged"]`,
  open: "block = []",
  reload: `block = ["untagged"]\nreload = ["analytics", "video"]`,
  california:
    `block = []\nreload = ["analytics"]\nask_again_after = "12 months"\n[site.regions.US-CA]\n` +
    `functional = "opt_in"\nperformance = "opt_in"\nadvertisement = "opt_in"`,
};

/** Tests of these sites, behind one server for all tests of a file. Requests to other hosts are their point. */
export const test = base.extend<{ elsewhere: Elsewhere }, { blocking: Server }>({
  blocking: [
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), "consent-sites-"));
      const config = join(folder, "consent.toml");
      const sites = Object.entries(SITES).map(
        ([id, keys]) => `[[site]]\nid = "${id}"\nname = "Tramway"\n${keys}\n${DECLARED}`,
      );
      await writeFile(config, `[server]\nhost = "localhost"\nlisten = "127.0.0.1:0"\n\n` + sites.join("\n"));
      const server = await Server.start(config);
      await use(server);
      await server.remove();
      await rm(folder, { recursive: true });
    },
    { scope: "worker", timeout: 120_000 },
  ],
  server: async ({ blocking }, use) => use(blocking),
  elsewhere: async ({}, use) => {
    const elsewhere = await Elsewhere.start();
    await use(elsewhere);
    await elsewhere.stop();
  },
  visitor: async ({ page, server }, use) => {
    await page.context().grantPermissions(["local-network-access"]);
    const visitor = await Visitor.of(page, server);
    await use(visitor);
    expect(visitor.violations, "what the page's policy had to refuse").toEqual([]);
    expect(visitor.errors, "errors on the page").toEqual([]);
  },
});

/** A policy that lets the page use what is declared, and requires Trusted Types. */
export const policy = (elsewhere: Elsewhere): string => {
  const names = ["stats", "ads", "video", "other", "notstats"].map(name => elsewhere.url(name)).join(" ");
  return (
    `default-src 'self'; script-src 'self' ${names}; connect-src 'self' ${names} ${names.replaceAll("http:", "ws:")}; ` +
    `img-src 'self' data: ${names}; frame-src 'self' ${names}; style-src 'self'; require-trusted-types-for 'script'`
  );
};
