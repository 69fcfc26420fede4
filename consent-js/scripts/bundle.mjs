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

/** What of the view only some sites need, in the order in which it is built in. */
export const extras = ["services", "theme"];

/** Every set of extras: each is a script of its own, so that no site downloads what it does not use. */
export const sets = extras.reduce((sets, extra) => [...sets, ...sets.map(set => [...set, extra])], [[]]);

/** The name in `dist/` of the script with these extras. */
export const nameOf = set => ["banner", ...set, "js"].join(".");

// `main.ts` imports "extras"; which ones those are is decided when a script is built.
const including = set => ({
  name: "extras",
  setup(builder) {
    builder.onResolve({ filter: /^extras$/ }, () => ({ path: "extras", namespace: "extras" }));
    builder.onLoad({ filter: /.*/, namespace: "extras" }, () => ({
      contents: set.map(extra => `import "./src/extra/${extra}.ts";`).join("\n"),
      resolveDir: root,
    }));
  },
});

/** The banner's script with a set of extras. */
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

/** One optional part (`src/parts/<name>.ts`) as an expression: a function of the kit and the part's settings. */
export async function part(name) {
  const text = await bundle(`parts/${name}.ts`, { format: "esm", minify: false, mangleProps: undefined });
  const body = text.replace(/export \{\s*(\w+) as default\s*\};?\s*$/, "return $1;");
  const { code } = await minify(`__CONSENT_PART__=(()=>{${body}})()`, {
    ecma: 2020,
    compress: { passes: 3, unsafe_arrows: true },
  });
  return code.replace(/^__CONSENT_PART__=/, "").replace(/;$/, "") + "\n";
}

/** The parts, in the order in which they start. */
export const parts = [
  ...["network", "storage", "document_write", "untagged"],
  ...["compat", "google", "uet", "clarity", "meta", "tiktok", "pinterest", "gpc"],
  "reload",
];
