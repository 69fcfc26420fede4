/** The package: packed, installed into an empty folder, type-checked, bundled, and used in a page. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { install, pack } from "../support/application.ts";
import { probe } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

const run = promisify(execFile);
const tools = createRequire(join(import.meta.dirname, "../../../consent-js/package.json"));

const APPLICATION = `
import { consent, current, load, scriptAttributes, type Category } from "consent-js";
const wanted: Category = "analytics";
const seen: unknown[] = [current() === undefined];
Object.assign(window, { seen });
void consent().then(found => seen.push(["waited", found.allows(wanted)]));
// First: it asks for what is there already, if there is something.
const failed = load("/missing/banner.js").catch(error => seen.push(String(error)));
void failed.then(() => load("/v1/sites/newsroom/banner.js")).then(found => {
  seen.push(["loaded", found === current(), found.get().chosen]);
  found.on("change", state => seen.push(["changed", state.choices.analytics]));
  const tag = document.createElement("script");
  for (const [name, value] of Object.entries(scriptAttributes(wanted, "/a.js"))) tag.setAttribute(name, value);
  document.head.append(tag);
});
`;

test.setTimeout(300_000);

test("the tarball alone is enough for a typed, bundled page that loads the script by itself", async ({
  visitor,
  page,
  server,
}) => {
  const folder = await mkdtemp(join(tmpdir(), "consent-pack-"));
  const application = await install([await pack(folder)]);
  try {
    expect(await readdir(join(application, "node_modules"))).toEqual([".package-lock.json", "consent-js"]);
    const packed = await readdir(join(application, "node_modules/consent-js"));
    expect(packed).toEqual(expect.arrayContaining(["LICENSE-APACHE", "LICENSE-MIT", "README.md", "dist"]));
    await writeFile(join(application, "app.ts"), APPLICATION);
    const strict = [
      "--strict",
      "--noEmit",
      "--module",
      "esnext",
      "--moduleResolution",
      "bundler",
      "--types",
      "",
    ];
    await run(
      tools.resolve("typescript/package.json").replace("package.json", "bin/tsc"),
      [...strict, "app.ts"],
      {
        cwd: application,
      },
    );
    const { build } = tools("esbuild");
    const out = join(application, "app.js");
    await build({
      absWorkingDir: application,
      entryPoints: ["app.ts"],
      outfile: out,
      bundle: true,
      format: "iife",
    });
    const files = {
      "/app.js": await readFile(out, "utf8"),
      "/a.js": `(window.ran ??= []).push("a")`,
      "/missing/banner.js": "",
    };
    await probe(page, server, "<body>", files, undefined, `<script src="/app.js"></script>`);
    await visitor.open("/probe");
    const seen = () => page.evaluate(() => (window as unknown as { seen: unknown[] }).seen);
    await expect.poll(async () => (await seen()).length).toBeGreaterThanOrEqual(4);
    const first = await seen();
    expect(first[0]).toBe(true);
    expect(first).toContainEqual(["waited", false]);
    expect(first).toContainEqual(["loaded", true, false]);
    await visitor.press("accept-all");
    await expect.poll(async () => (await seen()).at(-1)).toEqual(["changed", "grant"]);
    await page.waitForFunction(() => (window as unknown as { ran?: string[] }).ran?.length === 1);
    // The script build is the one that the server sends, before its settings are in it.
    const script = await readFile(join(application, "node_modules/consent-js/dist/banner.js"), "utf8");
    expect(script).toContain("__CONSENT_SETTINGS__");
  } finally {
    for (const made of [folder, application]) await rm(made, { recursive: true });
  }
});

test("on a server both entries load, wait for nothing, and deny", async () => {
  const folder = await mkdtemp(join(tmpdir(), "consent-pack-"));
  const application = await install([await pack(folder), "react@19.3.1", "react-dom@19.3.1"]);
  try {
    await writeFile(
      join(application, "server.js"),
      `import { createElement as h } from "react";
       import { renderToString } from "react-dom/server";
       import { consent, current } from "consent-js";
       import { useConsent } from "consent-js/react";
       void consent();
       const View = () => h("p", null, String(useConsent("analytics")));
       console.log(String(current()), renderToString(h(View)));`,
    );
    const { stdout } = await run("node", ["server.js"], { cwd: application });
    expect(stdout.trim()).toBe("undefined <p>false</p>");
  } finally {
    for (const made of [folder, application]) await rm(made, { recursive: true });
  }
});
