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

/** A script with these rules of style. */
const style = (rules: string) =>
  `;{const s=new CSSStyleSheet();s.replaceSync(${JSON.stringify(rules)});document.adoptedStyleSheets.push(s)}`;

/** Stores, ticks a switch whenever the second layer opens, and takes the address from every link. */
const USED =
  `;localStorage.setItem("early","1");new MutationObserver(()=>{` +
  `const t=document.querySelector("#consent-toggle-functional:not([data-seen])");if(t){t.dataset.seen="";t.checked=true}` +
  `document.querySelectorAll("#consent-banner a").forEach(a=>a.setAttribute("href","#"))` +
  `}).observe(document,{childList:true,subtree:true})`;

const altered: [string, string, ...string[]][] = [
  [
    "a refusal that is smaller",
    style("#consent-reject-all{font-size:12px!important;padding:0!important}"),
    "EU-05",
  ],
  ["a refusal that can hardly be read", style("#consent-reject-all{color:#333!important}"), "EU-05"],
  ["a refusal outside of the window", style("#consent-reject-all{translate:0 300px!important}"), "EU-05"],
  [
    "something over the refusal",
    style("#consent-accept-all{width:200%!important;position:absolute}"),
    "EU-05",
  ],
  [
    "what is stored, ticked and linked wrongly, and moves in narrow windows,",
    USED + style("@media(max-width:400px){#consent-customise{order:-1!important}}"),
    ...["EU-01", "EU-03", "EU-09", "obstruct.dead_end", "fickle.inconsistent_interface"],
  ],
];

for (const [what, more, ...expected] of altered)
  test(`${what} is found`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "render-"));
    const config = join(folder, "consent.toml");
    await writeFile(config, '[[site]]\nid = "a"\ncontroller = { name = "A", privacy_url = "/p" }\n');
    // A Chromium that alters the script of the page that it is to draw.
    const wrapped = join(folder, "chromium");
    await writeFile(
      wrapped,
      `#!/bin/sh\nfor last; do :; done\nfolder=$(dirname "\${last#file://}")\nfor file in "$folder"/scripts/*.js; do cat >>"$file" <<'END'\n${more}\nEND\ndone\nexec '${browser}' "$@"\n`,
    );
    await chmod(wrapped, 0o755);
    const { code, said } = await check(config, wrapped);
    for (const code of expected) expect(said).toContain(`error[${code}]`);
    expect(code).toBe(1);
  });
