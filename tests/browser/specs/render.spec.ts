/** `consent check --render`: the banners of a config as a browser draws them, and what is found if they are altered. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { program } from "../support/server.ts";

const CONFIG = resolve(import.meta.dirname, "../../../examples/newsroom/consent.toml");

/** The exit code, and what was printed. */
const check = (config: string, browser: string, ...more: string[]) =>
  new Promise<{ code: number; said: string }>(done =>
    execFile(
      program(),
      ["check", config, "--render", ...more],
      { env: { ...process.env, CHROMIUM: browser } },
      (error, out, err) => done({ code: Number(error?.code ?? 0), said: out + err }),
    ),
  );

const browser = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

test("every banner of the newsroom is drawn, and nothing is found", async () => {
  const { code, said } = await check(CONFIG, browser);
  expect(said).toMatch(
    /\d+ banners? drawn at 320, 768 and 1280 pixels, in light and in dark\n.*no problem found\n$/,
  );
  expect(code).toBe(0);
});

const altered: [string, string, string][] = [
  ["a refusal that is smaller", "#consent-reject-all{font-size:12px!important;padding:0!important}", "EU-05"],
  ["a refusal that can hardly be read", "#consent-reject-all{color:#333!important}", "EU-05"],
  ["a refusal outside of the window", "#consent-reject-all{translate:0 300px!important}", "EU-05"],
  ["something over the refusal", "#consent-accept-all{width:200%!important;position:absolute}", "EU-05"],
];

for (const [what, style, expected] of altered)
  test(`${what} is found`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "render-"));
    const config = join(folder, "consent.toml");
    await writeFile(config, '[[site]]\nid = "a"\ncontroller = { name = "A", privacy_url = "/p" }\n');
    // A Chromium that alters the script of the page that it is to draw.
    const wrapped = join(folder, "chromium");
    const more = `;{const s=new CSSStyleSheet();s.replaceSync(${JSON.stringify(style)});document.adoptedStyleSheets.push(s)}`;
    await writeFile(
      wrapped,
      `#!/bin/sh\nfor last; do :; done\nfolder=$(dirname "\${last#file://}")\nfor file in "$folder"/scripts/*.js; do cat >>"$file" <<'END'\n${more}\nEND\ndone\nexec '${browser}' "$@"\n`,
    );
    await chmod(wrapped, 0o755);
    const { code, said } = await check(config, wrapped);
    expect(said).toContain(expected);
    expect(code).toBe(1);
  });
