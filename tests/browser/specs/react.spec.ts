/** The example in React, built from the packed package in a folder of its own. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { example } from "../support/application.ts";
import { Server } from "../support/server.ts";
import { expect, test as base, type Page } from "../support/test.ts";

const test = base.extend<object, { application: Server }>({
  application: [
    async ({}, use) => {
      const folder = await example("react-app");
      const server = await Server.start(join(folder, "consent.toml"));
      await use(server);
      await server.remove();
      await rm(folder, { recursive: true });
    },
    { scope: "worker", timeout: 300_000 },
  ],
  server: async ({ application }, use) => use(application),
});
test.use({ locale: "en-GB" });

const view = (page: Page, name: string) => page.click(`nav button:text("${name}")`);
const mismatches = (page: Page) =>
  page.evaluate(() => (window as unknown as { mismatches: string[] }).mismatches);

test("what the server drew is taken over without a mismatch, beside one banner", async ({
  visitor,
  page,
}) => {
  const said: string[] = [];
  page.on("console", message => ["error", "warning"].includes(message.type()) && said.push(message.text()));
  await page.addInitScript(() =>
    addEventListener("DOMContentLoaded", () => {
      (window as unknown as { drawn: Element | null }).drawn = document.querySelector("h1");
    }),
  );
  await visitor.open();
  await page.waitForFunction(() => (window as unknown as { hydrated?: boolean }).hydrated);
  await view(page, "Visits"); // only a page that has been hydrated answers
  await expect(page.locator("#visits")).toHaveText("Visits are not counted.");
  expect(await mismatches(page)).toEqual([]);
  expect(said).toEqual([]);
  await expect(page.locator("#consent-banner")).toHaveCount(1);
});

test("the hook follows a choice, in this tab and another, and on return", async ({
  visitor,
  page,
  server,
}) => {
  await visitor.open();
  await view(page, "Visits");
  await visitor.press("accept-all");
  await expect(page.locator("#visits")).toHaveText("Visits are counted.");
  const other = await page.context().newPage();
  await other.goto(server.url);
  await view(other, "Visits");
  await expect(other.locator("#visits")).toHaveText("Visits are counted.");
  await page.evaluate(() => window.consent.withdraw());
  await expect(page.locator("#visits")).toHaveText("Visits are not counted.");
  await expect(other.locator("#visits")).toHaveText("Visits are not counted.");
  await visitor.delivered();
  await page.reload();
  await view(page, "Visits");
  await expect(page.locator("#visits")).toHaveText("Visits are not counted.");
  expect(await mismatches(page)).toEqual([]);
});

test("views that come and go leave no listener and no second run behind", async ({ visitor, page }) => {
  await page.addInitScript(() => {
    const counts = Object.assign(window as unknown as { listening: number }, { listening: 0 });
    document.addEventListener("DOMContentLoaded", () => {
      if (window !== top) return; // the film's frame, which has no banner
      const { on } = window.consent;
      Object.assign(window.consent, {
        on: (event: "change", listener: () => void) => {
          counts.listening++;
          const stop = on(event, listener);
          return () => (counts.listening--, stop());
        },
      });
    });
  });
  await visitor.open();
  await visitor.press("accept-all");
  for (let round = 0; round < 10; round++)
    for (const name of ["Visits", "Film", "Home"]) await view(page, name);
  const read = () =>
    page.evaluate(() => {
      const { listening, counterRuns } = window as unknown as { listening: number; counterRuns: number };
      return { listening, counterRuns };
    });
  await expect.poll(read).toEqual({ listening: 0, counterRuns: 1 });
  await view(page, "Visits");
  await expect.poll(read).toEqual({ listening: 1, counterRuns: 1 });
  await expect(page.locator("#consent-banner, .consent-placeholder")).toHaveCount(0);
  await view(page, "Film");
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("A film about tramways.");
});
