/** Reads what npm has installed: nobody else's code is kept in this repository. */
import { readFile } from "node:fs/promises";

/** @param {string} path in `node_modules` */
export const installed = path => readFile(new URL("node_modules/" + path, import.meta.url), "utf8");

/** Several at once. @param {Record<string, string>} paths in `node_modules`, by the path under which they are served */
export const files = async paths =>
  Object.fromEntries(
    await Promise.all(Object.entries(paths).map(async ([served, path]) => [served, await installed(path)])),
  );
