/** Draws the page as a server would, and bundles what hydrates it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const shared = {
  bundle: true,
  define: { "process.env.NODE_ENV": '"production"' },
  jsx: "automatic",
  logLevel: "warning",
  preserveSymlinks: true, // one React, also if consent-js is a link to its folder
};

await build({ ...shared, entryPoints: ["src/client.jsx"], outfile: "pages/app.js", format: "iife", minify: true });

const folder = await mkdtemp("server-");
try {
  const file = join(folder, "page.cjs");
  await build({ ...shared, entryPoints: ["src/page.jsx"], outfile: file, format: "cjs", platform: "node" });
  const { default: page } = await import(pathToFileURL(file));
  await writeFile("pages/index.html", page.page());
} finally {
  await rm(folder, { recursive: true });
}
