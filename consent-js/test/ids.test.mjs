import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { dashed, fromBase64, randomHex, toBase64, uuid, uuidTime } = await load("ids.ts");

test("a decision id is a UUIDv7 of its time", () => {
  for (const time of [0, 1, 1_795_426_200_123, 2 ** 48 - 1]) {
    const id = uuid(time);
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(uuidTime(id), time);
  }
});

test("later decisions sort later as text", () => {
  const ids = [1, 15, 16, 255, 2 ** 32, 2 ** 47].map(uuid);
  assert.deepEqual([...ids].sort(), ids);
});

test("ids differ, and every bit of a subject varies", () => {
  const subjects = Array.from({ length: 400 }, () => randomHex(16));
  assert.equal(new Set(subjects).size, 400);
  for (let digit = 0; digit < 32; digit++) assert.ok(new Set(subjects.map(id => id[digit])).size > 8);
  assert.equal(new Set(Array.from({ length: 400 }, () => uuid(1))).size, 400);
});

test("16 bytes survive base64url", () => {
  for (let round = 0; round < 300; round++) {
    const hex = randomHex(16);
    const text = toBase64(dashed(hex));
    assert.equal(text, Buffer.from(hex, "hex").toString("base64url"));
    assert.equal(fromBase64(text), hex);
  }
});
