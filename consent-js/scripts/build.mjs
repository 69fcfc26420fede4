/** Writes `dist/`: the script, and the types of what it puts on the page. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundle, root } from "./bundle.mjs";
import { types } from "./types.mjs";

await mkdir(join(root, "dist"), { recursive: true });
await writeFile(join(root, "dist/banner.js"), await bundle());
await writeFile(join(root, "dist/consent.d.ts"), await types(path => readFile(join(root, path), "utf8")));
