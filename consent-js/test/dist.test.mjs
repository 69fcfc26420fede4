import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { nameOf, parts, root, secondSets, sets } from "../scripts/bundle.mjs";
import { distFiles } from "../scripts/dist.mjs";
import { frenchSettings, served } from "./served.mjs";

const read = path => readFile(join(root, path), "utf8");
const script = await read("dist/banner.js");
const settings = await read("dist/settings.js");

test("dist is what the sources build", async () => {
  for (const [name, text] of Object.entries(await distFiles()))
    assert.equal(await read("dist/" + name), text, name + ": run `npm run build` and commit dist/");
});

test("the settings and the parts have exactly one place each", async () => {
  for (const set of secondSets)
    assert.equal((await read("dist/" + nameOf(set, "settings"))).split("__CONSENT_SETTINGS__").length, 2);
  for (const set of sets)
    for (const place of ["__CONSENT_SETTINGS__", "__CONSENT_PARTS__"])
      assert.equal((await read("dist/" + nameOf(set))).split(place).length, 2, set + place);
});

test("the table of a declaration has one place for it, asks nobody and parses no markup", async () => {
  const text = await read("dist/declaration.js");
  assert.equal(text.split("__CONSENT_SETTINGS__").length, 2);
  assert.doesNotMatch(
    text,
    /(inner|outer)HTML|insertAdjacent|eval|fetch|XMLHttp|https?:|localStorage|cookie\s*=/,
  );
});

test("an extra is in the scripts of the sites that use it, and in no other", async () => {
  const marks = { services: "consent-services", theme: "consent-logo" };
  for (const set of sets) {
    const text = await read("dist/" + nameOf(set));
    for (const [extra, mark] of Object.entries(marks))
      assert.equal(text.includes(mark), set.includes(extra), set);
  }
});

test("the scripts with their settings are ones that parse, apart and together", async () => {
  const all = await frenchSettings();
  const [one, two] = [served(script, all.first), served(settings, all.second)];
  for (const text of [one, two, one + two]) assert.doesNotThrow(() => new Function(text));
});

test("every part of src/ is built, is one expression, and holds nothing of the script's own", async () => {
  const sources = (await readdir(join(root, "src/parts"))).map(name => name.replace(/\.ts$/, ""));
  const shared = ["choice", "first", "gate", "platforms"];
  assert.deepEqual(sources.filter(name => !shared.includes(name)).sort(), [...parts].sort());
  for (const name of parts) {
    const text = await read(`dist/parts/${name}.js`);
    assert.equal(typeof new Function("return " + text)(), "function", name);
    assert.doesNotMatch(text, /__CONSENT|\.(inner|outer)HTML\s*=|eval|https?:/, name);
  }
});

test("what starts the parts is one expression, has one place for them, and is in no script by itself", async () => {
  const text = await read("dist/parts/start.js");
  assert.equal(text.split("__CONSENT_PARTS__").length, 2);
  assert.equal(typeof new Function("return " + text.replace("__CONSENT_PARTS__", "{}"))(), "function");
  for (const set of sets)
    assert.doesNotMatch(await read("dist/" + nameOf(set)), /Object\.entries\(__CONSENT/);
});

test("BLOCKING.md says how large each part is that holds something back", async () => {
  const text = await read("BLOCKING.md");
  for (const name of ["network", "storage", "document_write", "untagged"]) {
    const size = brotliCompressSync(await read(`dist/parts/${name}.js`)).length;
    assert.match(text, new RegExp(`\\| \`"${name}"\` *\\| ${size} *\\|`), `${name}: ${size}`);
  }
  assert.match(
    text,
    new RegExp(`part is ${brotliCompressSync(await read("dist/parts/reload.js")).length} bytes`),
  );
});

test("nothing in the scripts needs more than script-src 'self'", async () => {
  const receipt = await read("dist/receipt.js");
  for (const sink of ["eval", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "Function("])
    for (const text of [script, settings, receipt]) assert.ok(!text.includes(sink), sink);
  assert.doesNotMatch(script, /setAttribute\("style"/);
  assert.doesNotMatch(script, /https?:\/\//); // no address but its own
});

test("private members are mangled", () => {
  assert.doesNotMatch(script, /\b_(bits|decidedAt|notice|subject|decision|tagged|done)\b/);
});

test("script, styles, texts and rules that the newsroom's banner needs to show stay within 7.0 KiB of brotli", async () => {
  const size = brotliCompressSync(served(script, (await frenchSettings()).first)).length;
  assert.ok(size <= 7168, `${size} bytes`);
});

test("the second layer with all that it tells stays within 4.25 KiB of brotli", async () => {
  const size = brotliCompressSync(served(settings, (await frenchSettings()).second)).length;
  assert.ok(size <= 4352, `${size} bytes`);
});

test("the banner's script has nothing of the second layer in it", () => {
  for (const word of ["consent-settings-dialog", "settings_body", "column_owner", "consent-toggle-"])
    assert.ok(settings.includes(word) && !script.includes(word), word);
});

test("no private address in the lock file, and no run-time dependency", async () => {
  assert.doesNotMatch(await read("package-lock.json"), /"resolved"/);
  assert.equal(JSON.parse(await read("package.json")).dependencies, undefined);
});

test("imports go one way: gate, view, second layer; nothing is imported in a circle", async () => {
  const files = (await readdir(join(root, "src"), { recursive: true })).filter(name => name.endsWith(".ts"));
  const imports = new Map();
  for (const name of files) {
    const found = [
      ...(await read(join("src", name))).matchAll(/^(?:import|export) .*?from "(\..*?\.ts)"/gms),
    ];
    imports.set(
      name,
      found.map(([, path]) => join(name, "..", path)),
    );
    assert.ok((await read(join("src", name))).split("\n").length <= 120, name + " is longer than 120 lines");
  }
  const reach = (name, path = []) => {
    assert.ok(!path.includes(name), [...path, name].join(" → "));
    for (const next of imports.get(name) ?? []) reach(next, [...path, name]);
  };
  for (const name of files) reach(name);
  for (const name of files.filter(name => name.startsWith("gate")))
    for (const next of imports.get(name)) assert.ok(!next.startsWith("view"), `${name} → ${next}`);
  for (const name of files.filter(name => !name.startsWith("second")))
    for (const next of imports.get(name)) assert.ok(!next.startsWith("second"), `${name} → ${next}`);
});
