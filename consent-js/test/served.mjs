/** The built scripts as a server sends them for the newsroom's French page. */
import { readFile } from "node:fs/promises";

/**
 * What the server puts into both, as it was when this was last written. A test of the server compares it with what it sends
 * (`consent-server/tests/http/banner.rs`); addresses of notices and of scripts differ, and are of one length.
 */
export const frenchSettings = async () =>
  JSON.parse(await readFile(new URL("settings.fr.json", import.meta.url), "utf8"));

/** Puts settings in place of the one identifier that stands for them, and no parts in place of the other. */
export const served = (script, settings) =>
  script.replace("__CONSENT_PARTS__", "void").replace("__CONSENT_SETTINGS__", () => JSON.stringify(settings));
