/** Prints what a page downloads: the built script with the French notice of the tests, as the server sends it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { root } from "./bundle.mjs";
import { served } from "../test/served.mjs";

const script = await readFile(join(root, "dist/banner.js"), "utf8");
const report = (name, text) =>
  console.log(
    `${name.padEnd(28)} ${String(Buffer.byteLength(text)).padStart(6)} bytes` +
      `  gzip ${String(gzipSync(text, { level: 9 }).length).padStart(5)}` +
      `  brotli ${String(brotliCompressSync(text).length).padStart(5)}`,
  );
report("script", script);
report("script with French notice", await served(script));
