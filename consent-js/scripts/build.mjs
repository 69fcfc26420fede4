/** Writes `dist/`: the script, the types of what it puts on the page, and the page that checks receipts. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  banner,
  bundle,
  nameOf,
  part,
  parts,
  receiptStyle,
  root,
  second,
  secondSets,
  sets,
} from "./bundle.mjs";
import { npmFiles } from "./npm.mjs";
import { types } from "./types.mjs";

await mkdir(join(root, "dist/parts"), { recursive: true });
for (const set of sets) await writeFile(join(root, "dist", nameOf(set)), await banner(set));
for (const set of secondSets) await writeFile(join(root, "dist", nameOf(set, "settings")), await second(set));
for (const name of parts) await writeFile(join(root, `dist/parts/${name}.js`), await part(name));
await writeFile(join(root, "dist/consent.d.ts"), await types(path => readFile(join(root, path), "utf8")));
await writeFile(join(root, "dist/receipt.js"), await bundle("receipt/main.ts", { mangleProps: undefined }));
await writeFile(join(root, "dist/receipt.css"), await receiptStyle());
await writeFile(join(root, "dist/receipt.html"), await readFile(join(root, "src/receipt/page.html"), "utf8"));
for (const [name, text] of Object.entries(await npmFiles())) await writeFile(join(root, "dist", name), text);
