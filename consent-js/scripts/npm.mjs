/** What applications import, as text: `dist/index.js`, `dist/react.js` and their types. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { root } from "./bundle.mjs";

const names = ["index", "react"];

// Their types are those of `dist/consent.d.ts`, which stands alone.
const addresses = text => text.replaceAll('"../types.ts"', '"./consent.js"').replaceAll(/\.ts"/g, '.js"');

/** Texts by the names of the files. */
export async function npmFiles() {
  const folder = await mkdtemp(join(tmpdir(), "consent-types-"));
  try {
    await promisify(execFile)(
      join(root, "node_modules/.bin/tsc"),
      ["-p", "tsconfig.npm.json", "--outDir", folder],
      { cwd: root },
    );
    const files = {};
    for (const name of names) {
      const source = await readFile(join(root, `src/npm/${name}.ts`), "utf8");
      const { code } = await transform(source, { loader: "ts", format: "esm", target: "es2020" });
      files[name + ".js"] = addresses(code);
      files[name + ".d.ts"] = addresses(await readFile(join(folder, `npm/${name}.d.ts`), "utf8"));
    }
    return files;
  } finally {
    await rm(folder, { recursive: true });
  }
}
