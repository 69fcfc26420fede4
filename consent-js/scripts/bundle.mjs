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
      // What custom properties hold esbuild leaves as it is written; a space behind a colon or a comma says nothing there either.
      return { contents: code.trim().replace(/(--[-\w]+:|,) /g, "$1"), loader: "text" };
    });
  },
};

/** What of the view only some sites need, in the order in which it is built in. */
export const extras = ["services", "theme"];

/** Those of which a part stands in the second layer. */
export const secondExtras = ["services", "transfers"];

const every = extras => extras.reduce((sets, extra) => [...sets, ...sets.map(set => [...set, extra])], [[]]);

/** Every set of extras: each is a script of its own, so that no site downloads what it does not use. */
export const sets = every(extras);
export const secondSets = every(secondExtras);

/** The name in `dist/` of the script with these extras. */
export const nameOf = (set, layer = "banner") => [layer, ...set, "js"].join(".");

// `main.ts` imports "extras"; which ones those are is decided when a script is built.
const including = (folder, set) => ({
  name: "extras",
  setup(builder) {
    builder.onResolve({ filter: /^extras$/ }, () => ({ path: "extras", namespace: "extras" }));
    builder.onLoad({ filter: /.*/, namespace: "extras" }, () => ({
      contents: set.map(extra => `import "./src/${folder}/${extra}.ts";`).join("\n"),
      resolveDir: root,
    }));
  },
});

// What two scripts say to each other has the same short names in both: those of the largest.
let names;
const shared = () =>
  (names ??= build({
    ...options,
    entryPoints: ["src/main.ts"],
    mangleCache: {},
    plugins: [styles, including("extra", extras)],
  }).then(({ mangleCache }) => mangleCache));

// Has Chromium compile every function while the script arrives, on another thread, instead of one by one on the page's own:
// most of them are called (https://v8.dev/blog/explicit-compile-hints). To all others it is a comment.
const HINT = "//# allFunctionsCalledOnLoad\n";

/** The banner's script with a set of extras. */
export const banner = async (set = []) =>
  HINT +
  (await bundle("main.ts", { plugins: [styles, including("extra", set)], mangleCache: await shared() }));

/** The second layer's script with a set of extras. */
export const second = async (set = []) =>
  bundle("second/main.ts", { plugins: [styles, including("second", set)], mangleCache: await shared() });

/** The style sheet of a page, from files below `src/`, as small as it gets. */
export async function pageStyle(...files) {
  const read = file => readFile(new URL("../src/" + file, import.meta.url), "utf8");
  const source = (await Promise.all(files.map(read))).join("");
  const { code } = await transform(source, { loader: "css", minify: true, target: browsers });
  return code;
}

const options = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  minify: true,
  format: "iife",
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  mangleProps: /^_[a-z]/i,
};

/** `entry` (below `src/`) as one script; `own` are options of esbuild's. */
export async function bundle(entry, own = {}) {
  const { outputFiles } = await build({
    ...options,
    entryPoints: ["src/" + entry],
    plugins: [styles],
    ...own,
  });
  const { text } = outputFiles[0];
  if (own.minify === false) return text;
  // Once more: terser finds what esbuild leaves, two hundred bytes of a page's download.
  const { code } = await minify(text, {
    ecma: 2020,
    toplevel: true,
    compress: {
      passes: 3,
      unsafe_arrows: true,
      hoist_funs: true,
      // Without these it is shorter once it is compressed.
      lhs_constants: false,
      sequences: false,
      conditionals: false,
      collapse_vars: false,
      booleans: false,
    },
  });
  return code + "\n";
}

/** One optional part (`src/parts/<name>.ts`) as an expression: a function of the kit and the part's settings. */
export const part = name => expression(`parts/${name}.ts`, { mangleProps: undefined });

/** What starts the parts, as an expression: a function of what the script keeps for those that come apart. */
export const start = async () => expression("start.ts", { mangleCache: await shared() });

async function expression(entry, own) {
  const text = await bundle(entry, { format: "esm", minify: false, ...own });
  const body = text.replace(/export \{\s*(\w+) as default\s*\};?\s*$/, "return $1;");
  const { code } = await minify(`__CONSENT_PART__=(()=>{${body}})()`, {
    ecma: 2020,
    compress: { passes: 3, unsafe_arrows: true },
  });
  return code.replace(/^__CONSENT_PART__=/, "").replace(/;$/, "") + "\n";
}

/** The parts, in the order in which they start. */
export const parts = [
  "account",
  // Where choices are kept, then what was chosen elsewhere: all others find a choice.
  "cookie_domain",
  "handoff",
  ...["complianz", "cookiebot", "cookieyes", "klaro", "onetrust", "orestbida", "tarteaucitron"].map(
    name => "from_" + name,
  ),
  ...["network", "storage", "document_write", "untagged"],
  ...["compat", "google", "uet", "clarity", "meta", "tiktok", "pinterest", "reopen", "gpc"], // what gpc shows stands over the button
  "reload",
];
