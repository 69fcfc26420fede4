/** Prints what a page downloads: the built scripts with the newsroom's French notice, as the server sends them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { root } from "./bundle.mjs";
import { frenchSettings, served } from "../test/served.mjs";

const { first, second } = await frenchSettings();
for (const [file, settings] of [
  ["banner.js", first],
  ["settings.js", second],
]) {
  const script = await readFile(join(root, "dist", file), "utf8");
  for (const [name, text] of [
    [file, script],
    [file + " as sent", served(script, settings)],
  ])
    console.log(
      `${name.padEnd(28)} ${String(Buffer.byteLength(text)).padStart(6)} bytes` +
        `  gzip ${String(gzipSync(text, { level: 9 }).length).padStart(5)}` +
        `  brotli ${String(brotliCompressSync(text).length).padStart(5)}`,
    );
}
