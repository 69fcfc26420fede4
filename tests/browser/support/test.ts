/** A test with a server, a visitor, and a watch over what the browser asks for and what its policy refuses. */
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { Server } from "./server.ts";
import { Visitor } from "./visitor.ts";

export { expect };
export { Visitor };
export type { Locator, Page };

export const test = base.extend<{ config: string | undefined; server: Server; visitor: Visitor }>({
  config: [undefined, { option: true }],
  server: async ({ config }, use) => {
    const server = await Server.start(config);
    await use(server);
    await server.remove();
  },
  visitor: async ({ page, server }, use) => {
    const visitor = await Visitor.of(page, server);
    await use(visitor);
    // Holds for every story, whatever else it tells.
    expect(visitor.foreign, "requests to other hosts").toEqual([]);
    expect(visitor.violations, "what the page's policy had to refuse").toEqual([]);
    expect(visitor.errors, "errors on the page").toEqual([]);
  },
});
