/** What holds for a visitor: the script and the library (`consent-core/src/consent`) by the same vectors. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { bundle, root } from "../scripts/bundle.mjs";

const { notices, vectors } = JSON.parse(
  await readFile(new URL("../vectors/consent.json", import.meta.url), "utf8"),
);
const names = ["necessary", "functional", "analytics", "performance", "advertisement"];

// The state of a page is that of its modules: each vector gets modules of its own.
const build = (...imports) =>
  bundle("", {
    entryPoints: [],
    stdin: { contents: imports.join("\n"), resolveDir: root },
    format: "esm",
    minify: false,
    mangleProps: undefined,
  });
const plain = await build('export * from "./src/state.ts";');
const fine = await build('import "./src/extra/services.ts";', 'export * from "./src/state.ts";');
let pages = 0;

async function page({ notice: name, cookies, gpc, now }) {
  const { id, also, notice } = notices[name];
  const pieces = list => list.map(other => notices[other].id.slice(0, 5)).join("");
  globalThis.__CONSENT_SETTINGS__ = {
    id,
    notice,
    also: Object.fromEntries(Object.entries(also).map(([bits, list]) => [bits, pieces(list)])),
  };
  // A jar that keeps what it holds: what the script writes back is not what is asked here.
  globalThis.document = {
    get cookie() {
      return cookies;
    },
    set cookie(_text) {},
    currentScript: null,
  };
  globalThis.location = {
    protocol: "https:",
    origin: "https://paper.example",
    href: "https://paper.example/",
  };
  Object.defineProperty(globalThis, "navigator", {
    value: { globalPrivacyControl: gpc },
    configurable: true,
  });
  Date.now = () => now * 1000;
  const text = `${notice.services ? fine : plain}\n// ${pages++}`;
  const state = await import("data:text/javascript;base64," + Buffer.from(text).toString("base64"));
  state.reconcile();
  return state;
}

function stateOf({ chosen, holds, lastChoice }, now) {
  if (chosen()) return "chosen";
  const last = lastChoice();
  if (!last || last._decidedAt - now > 86400) return "unasked";
  return holds() < 0 ? "expired" : "outdated";
}

test("what holds is what the vectors say", async () => {
  const clock = Date.now;
  assert.ok(vectors.length >= 300);
  const seen = new Set();
  for (const vector of vectors) {
    const state = await page(vector);
    const said = JSON.stringify(vector);
    assert.equal(names.filter(name => state.allows(name)).join(" "), vector.granted, said);
    assert.equal(stateOf(state, vector.now), vector.state, said);
    if (vector.services !== undefined) {
      const granted = notices[vector.notice].notice.services.map(({ id }) => id).filter(state.allows);
      assert.equal(granted.join(" "), vector.services, said);
    }
    seen.add(vector.state);
  }
  Date.now = clock;
  assert.deepEqual([...seen].sort(), ["chosen", "expired", "outdated", "unasked"]);
});
