/** A module of `src/` for a test, with its members under their own names. */
import { bundle } from "../scripts/bundle.mjs";

export async function load(entry) {
  const text = await bundle(entry, { format: "esm", minify: false, mangleProps: undefined });
  return import("data:text/javascript;base64," + Buffer.from(text).toString("base64"));
}
