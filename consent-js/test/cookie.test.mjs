import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { load } from "./load.mjs";

const { parse, print } = await load("cookie.ts");
const vectors = JSON.parse(await readFile(new URL("../vectors/cookie.json", import.meta.url), "utf8"));
const names = ["necessary", "functional", "analytics", "performance", "advertisement"];

test("reads every good value to its fields and prints it back", () => {
  assert.ok(vectors.good.length >= 20);
  for (const { value, choices, decided_at, notice, subject_id, decision_id } of vectors.good) {
    const bits = names.reduce((sum, name, index) => sum | (choices[name] === "grant" ? 1 << index : 0), 0);
    const stored = {
      _bits: bits,
      _decidedAt: decided_at,
      _notice: notice,
      _subject: subject_id,
      _decision: decision_id,
    };
    assert.deepEqual(parse(value), stored);
    assert.equal(print(stored), value);
  }
});

test("refuses every bad value", () => {
  assert.ok(vectors.bad.length >= 40);
  for (const { value, cause } of vectors.bad) assert.equal(parse(value), null, `${cause}: ${value}`);
});

test("refuses every prefix of a good value", () => {
  for (const { value } of vectors.good)
    for (let end = 0; end < value.length; end++) assert.equal(parse(value.slice(0, end)), null);
});

test("one flipped bit is refused or is another value that prints as itself", () => {
  for (const { value } of vectors.good)
    for (let at = 0; at < value.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const code = value.charCodeAt(at) ^ (1 << bit);
        const flipped = value.slice(0, at) + String.fromCharCode(code) + value.slice(at + 1);
        const stored = parse(flipped);
        if (stored) assert.equal(print(stored), flipped);
      }
});
