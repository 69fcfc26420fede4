import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { load } from "./load.mjs";

const { key, good, bad } = JSON.parse(
  await readFile(new URL("../vectors/receipt.json", import.meta.url), "utf8"),
);
const { checkReceipt } = await load("receipt/receipt.ts");
const { parseKeys, canVerify } = await load("receipt/key.ts");
const { parseCanonical } = await load("receipt/canonical.ts");
const { fromBase64, fromBase64Url } = await load("receipt/bytes.ts");
const { choose } = await load("receipt/words.ts");
const utf8 = text => new TextEncoder().encode(text);
const { keys } = await parseKeys(key);
const check = text => checkReceipt(utf8(text), keys);

test("this runtime can check signatures, and the key is read", async () => {
  assert.equal(await canVerify(), true);
  assert.equal(keys.length, 1);
  assert.equal(keys[0].text, key);
});

test("every good receipt holds and shows what the library says of it", async () => {
  assert.ok(good.length >= 6);
  for (const { text, index, size, time, parts } of good) {
    const checked = await check(text);
    assert.deepEqual([checked.index, checked.head.size, checked.time], [index, size, time]);
    assert.equal(checked.head.site, "newsroom");
    assert.deepEqual(checked.head.signers, [key]);
    assert.equal(!!checked.decision, parts.includes("decision"));
    assert.equal(!!checked.subject, parts.includes("subject"));
    if (checked.decision) assert.equal(checked.decision.page, "/actualités");
  }
});

test("every bad receipt is refused with the cause that the library finds", async () => {
  assert.ok(bad.length >= 25);
  for (const { name, text, cause } of bad)
    await assert.rejects(check(text), refusal => {
      assert.equal(refusal.cause, cause, `${name}: ${refusal.message}`);
      return true;
    });
});

test("every prefix is refused", async () => {
  const bytes = utf8(good[0].text);
  for (let end = 0; end < bytes.length; end++)
    await assert.rejects(checkReceipt(bytes.slice(0, end), keys), `cut at ${end}`);
});

test("every flipped bit is refused", async () => {
  const bytes = utf8(good[1].text);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    await assert.rejects(checkReceipt(flipped, keys), `bit ${bit}`);
  }
});

test("without the log's key nothing is said to be wrong, and nothing holds", async () => {
  await assert.rejects(checkReceipt(utf8(good[0].text), []), ({ unknownKey }) => unknownKey);
  const wrong = good[0].text.replace(/index \d+/, "index 1");
  await assert.rejects(check(wrong), ({ unknownKey }) => !unknownKey);
});

test("more bytes than a receipt may have are refused unread", async () => {
  await assert.rejects(checkReceipt(new Uint8Array(256 * 1024 + 1), keys), ({ cause }) => cause === "format");
});

test("keys are read one a line or from a policy; others are counted and not used", async () => {
  const policy = `# keys\nlog ${key} https://consent.example\nquorum none\n`;
  assert.deepEqual(
    (await parseKeys(policy)).keys.map(({ text }) => text),
    [key],
  );
  const [name, hint, encoded] = key.split(/\+(.{8})\+/);
  for (const text of [
    "x",
    `${name}+00000000+${encoded}`,
    `other+${hint}+${encoded}`,
    `${name}+${hint.toUpperCase()}+${encoded}`,
    `${name}+${hint}+${encoded.slice(0, -4)}`,
  ])
    assert.deepEqual(await parseKeys(text), { keys: [], unread: 1 }, text);
});

test("a key with which anything verifies is none", async () => {
  for (const y of [0, 1]) {
    const bytes = Uint8Array.from({ length: 33 }, (_, at) => (at === 0 ? 1 : at === 1 ? y : 0));
    const digest = await crypto.subtle.digest("SHA-256", Buffer.concat([utf8("a/b/2026\n"), bytes]));
    const text = `a/b/2026+${Buffer.from(digest).toString("hex").slice(0, 8)}+${Buffer.from(bytes).toString("base64")}`;
    assert.deepEqual(await parseKeys(text), { keys: [], unread: 1 });
  }
});

test("one value has one spelling, in JSON and in base64", () => {
  for (const text of [
    "{ }",
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    "null",
    "[null]",
    "1.5",
    "-0",
    "1e3",
    '"\\u0041"',
    '"\\ud800"',
    '{"é":1}',
    "9007199254740992",
    "[".repeat(20) + "]".repeat(20),
    "[1",
    "",
  ])
    assert.equal(parseCanonical(text), undefined, text);
  assert.deepEqual(parseCanonical('{"a":["é",1,true],"b":{}}'), { a: ["é", 1, true], b: {} });
  for (const text of ["QR==", "QQ", "QQ=", "Q", "QQ==\n", "QQ-_"]) assert.equal(fromBase64(text), null, text);
  for (const text of ["QR", "Q", "QQ==", "QQ+/"]) assert.equal(fromBase64Url(text), null, text);
});

test("the page speaks the visitor's language, or English", () => {
  assert.equal(choose(["de-DE", "fr-CH"]).language, "fr");
  assert.equal(choose(["xx"]).language, "en");
  assert.deepEqual(shape(choose(["fr"]).words), shape(choose(["en"]).words));
});

// Keys all the way down, so that no language lacks a word.
const shape = words =>
  Object.entries(words).map(([name, value]) => [
    name,
    typeof value === "object" ? Object.keys(value) : typeof value,
  ]);
