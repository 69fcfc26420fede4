/** The console, as somebody who has a token comes to it. */
import { resolve } from "node:path";
import { sound } from "./axe.ts";
import type { Server } from "./server.ts";
import { expect, type Page } from "./test.ts";

/** Where pictures of its pages are kept. */
export const output = resolve(import.meta.dirname, "../../../test-output/browser/console");

/** A cookie with `Secure` is kept on `localhost` without TLS. */
export const at = (server: Server, path: string): string =>
  server.url.replace("127.0.0.1", "localhost") + "/console/" + path;

export async function signIn(page: Page, server: Server, token: string): Promise<void> {
  await page.goto(at(server, ""));
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
}

/** Opens each page at both widths and in both themes: axe finds nothing, nothing is too wide, and a picture is kept. */
export async function pictures<T>(
  page: Page,
  all: readonly T[],
  open: (one: T) => Promise<string>,
): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      for (const one of all) {
        const name = await open(one);
        // Themes and widths are judged apart, so not in every combination.
        if ((colorScheme === "light") === (width === 360))
          // What is shown in a frame is a banner, which others judge.
          await sound(page, `${name}, ${width} px, ${colorScheme}`, undefined, "iframe");
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wide, `${name} at ${width} px is wider than the window`).toBeLessThanOrEqual(0);
        await page.screenshot({ path: `${output}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
}
