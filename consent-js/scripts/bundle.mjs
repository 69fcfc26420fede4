/** Builds the script into memory: `build.mjs` writes it, the tests compare it with what is committed. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { minify } from "terser";

/** The folder of the package. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const browsers = ["chrome90", "firefox101", "safari15.4"];

// Style sheets become strings. Rules are written nested and sent flat, for browsers without nesting.
const styles = {
  name: "styles",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await transform(source, { loader: "css", minify: true, target: browsers });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

/** The parts that only some sites need, in the order in which they are built in. */
export const parts = ["services", "theme"];

/** Every set of parts: each is a script of its own, so that no site downloads what it does not use. */
export const sets = parts.reduce((sets, part) => [...sets, ...sets.map(set => [...set, part])], [[]]);

/** The name in `dist/` of the script with these parts. */
export const nameOf = set => ["banner", ...set, "js"].join(".");

// `main.ts` imports "parts"; which ones those are is decided when a script is built.
const including = set => ({
  name: "parts",
  setup(builder) {
    builder.onResolve({ filter: /^parts$/ }, () => ({ path: "parts", namespace: "parts" }));
    builder.onLoad({ filter: /.*/, namespace: "parts" }, () => ({
      contents: set.map(part => `import "./src/parts/${part}.ts";`).join("\n"),
      resolveDir: root,
    }));
  },
});

/** The banner's script with a set of parts. */
export const banner = (set = []) => bundle("main.ts", { plugins: [styles, including(set)] });

/** The style sheet of the page that checks receipts, as small as it gets. */
export async function receiptStyle() {
  const source = await readFile(new URL("../src/receipt/page.css", import.meta.url), "utf8");
  const { code } = await transform(source, { loader: "css", minify: true, target: browsers });
  return code;
}

/** `entry` (below `src/`) as one script; `options` are esbuild's. */
export async function bundle(entry = "main.ts", options = {}) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/" + entry],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    mangleProps: /^_[a-z]/i,
    plugins: [styles, including([])],
    ...options,
  });
  const { text } = outputFiles[0];
  if (options.minify === false) return text;
  // Once more: terser finds what esbuild leaves, two hundred bytes of a page's download.
  const { code } = await minify(text, {
    ecma: 2020,
    toplevel: true,
    compress: { passes: 3, unsafe_arrows: true },
  });
  return code + "\n";
}
