/** A page of a test's own, on the newsroom's origin: the real script, and tags that the test writes. */
import type { Page } from "@playwright/test";
import type { Server } from "./server.ts";

/** The policy under which probe pages run, unless a test says otherwise. */
export const STRICT = "default-src 'self'; script-src 'self'; style-src 'self'";

interface Answer {
  body: string;
  type?: string;
  /** Milliseconds before the answer. */
  after?: number;
}

/** The tag that a page of a site has in its head, and asks with, if it knows where its visitors are. */
export const script = (site = "newsroom", query = ""): string =>
  `<script src="/v1/sites/${site}/banner.js${query}"></script>`;

/** Serves `/probe` with `html` after `head`, which is the banner's script, and `files` by their paths. */
export async function probe(
  page: Page,
  server: Server,
  html: string,
  files: Record<string, Answer | string> = {},
  policy = STRICT,
  head = script(),
): Promise<void> {
  await page.route(server.url + "/probe*", route =>
    route.fulfill({
      contentType: "text/html; charset=utf-8",
      headers: { "content-security-policy": policy },
      body: `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Probe</title>` + head + html,
    }),
  );
  for (const [path, answer] of Object.entries(files)) {
    const {
      body,
      type = "text/javascript",
      after = 0,
    } = typeof answer === "string" ? { body: answer } : answer;
    await page.route(server.url + path, async route => {
      await new Promise(done => setTimeout(done, after));
      await route.fulfill({ contentType: type, body }).catch(() => {}); // the page may be gone by now
    });
  }
}

/** A script that adds `name` to the list of what ran. */
export const logs = (name: string): string => `(window.ran ??= []).push(${JSON.stringify(name)});`;

/** The list. */
export const ran = (page: Page): Promise<string[]> =>
  page.evaluate(() => (window as unknown as { ran?: string[] }).ran ?? []);
