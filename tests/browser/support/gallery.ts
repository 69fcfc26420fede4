/** The gallery of `examples/`: one server for all tests of a file. */
import { resolve } from "node:path";
import { Server } from "./server.ts";
import { test as base, expect, type Page, type Visitor } from "./test.ts";

export { expect };
export type { Page, Visitor };

const config = resolve(import.meta.dirname, "../../../examples/gallery/consent.toml");

/** The sites of the gallery: every layout in every theme, and one with its own colours, logo and services. */
export const sites = [
  ...["bar", "corner", "centre"].flatMap(layout =>
    ["auto", "light", "dark"].map(theme => `${layout}-${theme}`),
  ),
  "own",
];

export const test = base.extend<object, { gallery: Server }>({
  gallery: [
    async ({}, use) => {
      const server = await Server.start(config);
      await use(server);
      await server.remove();
    },
    { scope: "worker" },
  ],
  server: async ({ gallery }, use) => use(gallery),
});

/** Opens the page of a site as somebody who was never there. */
export async function demo(visitor: Visitor, site: string, lang = "en", layer = "first"): Promise<void> {
  await visitor.page.context().clearCookies();
  await visitor.open(`/demo.html?site=${site}&lang=${lang}&layer=${layer}`);
  const shown = layer === "second" ? "#consent-settings-dialog" : "#consent-banner";
  await expect(visitor.page.locator(shown)).toBeVisible();
}
