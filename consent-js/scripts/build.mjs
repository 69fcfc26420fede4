/** Writes `dist/`. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./bundle.mjs";
import { distFiles } from "./dist.mjs";

await mkdir(join(root, "dist/parts"), { recursive: true });
for (const [name, text] of Object.entries(await distFiles())) await writeFile(join(root, "dist", name), text);
