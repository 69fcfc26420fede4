/** Writes `dist/`: the script, the types of what it puts on the page, and the page that checks receipts. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { banner, bundle, nameOf, receiptStyle, root, sets } from "./bundle.mjs";
import { types } from "./types.mjs";

await mkdir(join(root, "dist"), { recursive: true });
for (const set of sets) await writeFile(join(root, "dist", nameOf(set)), await banner(set));
await writeFile(join(root, "dist/consent.d.ts"), await types(path => readFile(join(root, path), "utf8")));
await writeFile(join(root, "dist/receipt.js"), await bundle("receipt/main.ts", { mangleProps: undefined }));
await writeFile(join(root, "dist/receipt.css"), await receiptStyle());
await writeFile(join(root, "dist/receipt.html"), await readFile(join(root, "src/receipt/page.html"), "utf8"));
