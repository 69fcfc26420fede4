/** One site in every language that needs no texts, behind one server for all tests of a file. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { probe, script, STRICT } from "./probe.ts";
import { Server } from "./server.ts";
import { test as base, expect, type Page } from "./test.ts";

export { expect };
export type { Page };

const locales = resolve(import.meta.dirname, "../../../consent-server/src/config/locales");

/** The codes, as the server's own files have them. */
export const languages = (await readdir(locales)).map(file => file.replace(/\.toml$/, "")).sort();

/** The layouts that the site comes in; each is a site of its own. */
export const layouts = ["bar", "corner", "centre"] as const;
export type Layout = (typeof layouts)[number];

const config = `
[server]
host = "localhost"
listen = "127.0.0.1:0"
${layouts
  .map(
    layout => `
[[site]]
id = "${layout}"
name = "Tramway"
languages = ${JSON.stringify(languages)}
controller = { name = "Tramway Museum Ltd.", privacy_url = "/privacy" }
layout = { position = "${layout}", reopen_button = true }
[[site.vendor]]
category = "analytics"
name = "Counter Ltd."
privacy_url = "https://counter.example/privacy"
[[site.vendor]]
category = "advertisement"
name = "Posters Ltd."
privacy_url = "https://posters.example/privacy"
`,
  )
  .join("")}`;

export const test = base.extend<object, { everyLanguage: Server }>({
  everyLanguage: [
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), "consent-languages-"));
      const file = join(folder, "consent.toml");
      await writeFile(file, config);
      const server = await Server.start(file);
      await use(server);
      await server.remove();
      await rm(folder, { recursive: true });
    },
    { scope: "worker" },
  ],
  server: async ({ everyLanguage }, use) => use(everyLanguage),
});

const FRAME =
  `<body><main><h1>Probe</h1><iframe data-consent="functional" data-src="/frame" title="A film about tramways" ` +
  `width="280" height="220"></iframe></main>`;

/** Serves `/probe` with the banner in one language. */
export const pageIn = (page: Page, server: Server, language: string, layout: Layout = "bar"): Promise<void> =>
  probe(
    page,
    server,
    FRAME,
    {},
    STRICT,
    `<meta name="viewport" content="width=device-width">` +
      script(layout).replace("banner.js", `banner.js?lang=${language}`),
  );
