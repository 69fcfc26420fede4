/** All of `dist/`: the scripts, the types of what they put on the page, and what the server's own pages need. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  banner,
  bundle,
  nameOf,
  pageStyle,
  part,
  parts,
  root,
  second,
  secondSets,
  sets,
  start,
} from "./bundle.mjs";
import { npmFiles } from "./npm.mjs";
import { types } from "./types.mjs";

const read = path => readFile(join(root, path), "utf8");

/** Texts by the names of the files: `build.mjs` writes them, a test compares them with what is committed. */
export async function distFiles() {
  const files = {};
  for (const set of sets) files[nameOf(set)] = await banner(set);
  for (const set of secondSets) files[nameOf(set, "settings")] = await second(set);
  files["parts/start.js"] = await start();
  for (const name of parts) files[`parts/${name}.js`] = await part(name);
  files["consent.d.ts"] = await types(read);
  files["receipt.js"] = await bundle("receipt/main.ts", { mangleProps: undefined });
  files["receipt.css"] = await pageStyle("receipt/page.css");
  files["declaration.js"] = await bundle("declaration/main.ts", { mangleProps: undefined });
  files["declaration.css"] = await pageStyle("declaration/page.css", "declaration/table.css");
  files["receipt.html"] = await read("src/receipt/page.html");
  return { ...files, ...(await npmFiles()) };
}
