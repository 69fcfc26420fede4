/** The built script as a server would send it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** The French notice of the newsroom, as the server made it when this was last written. */
export const frenchNotice = async () =>
  JSON.parse(await readFile(new URL("notice.fr.json", import.meta.url), "utf8"));

/** Puts settings in place of the one identifier that stands for them. */
export async function served(script, notice, also = []) {
  notice ??= await frenchNotice();
  const id = createHash("sha256").update(JSON.stringify(notice)).digest("base64url");
  return script
    .replace("__CONSENT_PARTS__", "{}")
    .replace("__CONSENT_SETTINGS__", () => JSON.stringify({ id, also, notice }));
}
