/** What the script reads of a token, as the library writes it, and of an address that has one. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { load } from "./load.mjs";

const { read, split, word } = await load("parts/choice/token.ts");

/** What the fuzzer of the library begins with, and 32 bytes of a code that only the server can check. */
const seed = async name => {
  const bytes = await readFile(new URL(`../../consent-core/fuzz/seeds/handoff/${name}`, import.meta.url));
  return Buffer.concat([bytes, Buffer.alloc(32)]);
};

test("a token is read as the library writes it", async () => {
  for (const [name, bits, from] of [
    ["granted", 31, "news"],
    ["second-log", 1, "a"],
  ]) {
    const token = (await seed(name)).toString("base64url");
    assert.deepEqual(read(token), { bits, from, time: 1795426200123, token });
  }
});

test("what a page says by its own word is read as a token without the server's", () => {
  for (const from of ["news", "a".repeat(63)]) {
    const said = { bits: 11, from, time: 1795426200123, token: "" };
    assert.deepEqual(read(word(said.bits, from, said.time)), said);
    assert.match(word(said.bits, from, said.time), /^[\w-]+$/);
  }
});

test("what is none denies and grants nothing", async () => {
  const bytes = await seed("granted");
  const changed = (at, value) => {
    const other = Buffer.from(bytes);
    other[at] = value;
    return other.toString("base64url");
  };
  const others = [
    changed(0, 2),
    changed(1, 30),
    changed(1, 33),
    changed(8, 0),
    changed(8, 64),
    changed(9, 32),
  ];
  for (const token of ["", "A", "ä", "AQ", bytes.subarray(0, 9).toString("base64url"), ...others])
    assert.equal(read(token), null, token);
  assert.equal(read("A".repeat(321)), null);
});

test("a token is taken out of a fragment, which keeps its own", () => {
  for (const [hash, found] of [
    ["#consent-handoff=AB-_", ["", "AB-_"]],
    ["#consent-handoff=AB&part", ["#part", "AB"]],
    ["#consent-handoff=", ["", ""]],
    ["#consent-handoff=AB&consent-handoff=CD", ["", "AB"]],
    ["#consent-handoff=AB&consent-handoff=CD&consent-handoff=&part=1", ["#part=1", "AB"]],
    ["#consent-handoffs", null],
    ["#part", null],
    ["", null],
  ])
    assert.deepEqual(split(hash), found, hash);
});
