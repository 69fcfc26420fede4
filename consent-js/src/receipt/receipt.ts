/** A receipt: one decision, its place in a log, and what proves both. Checked here as consent-core checks it. */
import { fromBase64Url, same, sha256, utf8 } from "./bytes.ts";
import { fields, parseCanonical, type Fields } from "./canonical.ts";
import { openCheckpoint, type Head } from "./checkpoint.ts";
import type { Key } from "./key.ts";
import { parseProof, verifyInclusion } from "./proof.ts";
import { Refusal } from "./refusal.ts";

/** What a receipt shows, once everything in it was checked. */
export interface Checked {
  head: Head;
  index: number;
  /** When the log took the decision, unix seconds. */
  time: number;
  /** Address of the notice that was shown. */
  notice: string;
  /** What was decided; `null` if it was erased before the receipt was made. */
  decision: Fields | null;
  /** Who decided; `null` if it was erased before the receipt was made. */
  subject: Fields | null;
}

const MAX_ENTRY = 4096;
const MAX_DATA = 32 * 1024;

/** Checks everything: form, signature, place in the tree, and what is behind the two commitments. */
export async function checkReceipt(bytes: Uint8Array<ArrayBuffer>, known: Key[]): Promise<Checked> {
  const proof = parseProof(bytes);
  const content = fields(
    proof.extra && parseCanonical(decode(proof.extra)),
    ["entry"],
    ["decision", "subject"],
  );
  const { entry } = content ?? {};
  const openings = [readOpening(content, "decision"), readOpening(content, "subject")];
  if (typeof entry !== "string" || openings.includes(null)) {
    throw new Refusal("content", "the receipt does not carry an entry and what is behind it");
  }
  const head = await openCheckpoint(proof.checkpoint, known);
  const said = readEntry(entry);
  for (const [index, part] of (["decision", "subject"] as const).entries()) {
    const opening = openings[index];
    if (!opening) continue;
    const hash = await sha256("consent-log/v1/" + part + "\0", opening._salt, opening._data);
    if (!same(hash, said[part])) {
      throw new Refusal("opening", `the ${part} part is not what the entry commits to`);
    }
  }
  await verifyInclusion(entry, proof, head);
  const [decision, subject] = openings.map(opening => (opening ? lenient(opening._data) : null));
  const { time, notice } = said;
  return { head, index: proof.index, time, notice, decision: decision!, subject: subject! };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return "";
  }
}

// `undefined`: absent; `null`: not an opening.
function readOpening(content: Fields | null, part: string) {
  const value = content?.[part];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [salt, data] = value as unknown[];
  const bytes = typeof salt === "string" ? fromBase64Url(salt) : null;
  if (bytes?.length !== 32 || typeof data !== "string" || utf8(data).length > MAX_DATA) return null;
  return { _salt: bytes, _data: data };
}

function readEntry(text: string) {
  const entry = fields(parseCanonical(text), ["decision", "kind", "notice", "subject", "time", "v"]);
  const hash = (name: string) => {
    const value = entry?.[name];
    const bytes = typeof value === "string" ? fromBase64Url(value) : null;
    return bytes?.length === 32 ? bytes : null;
  };
  const [decision, subject, notice] = [hash("decision"), hash("subject"), hash("notice")];
  const { time, v, kind } = entry ?? {};
  const fits = text.length <= MAX_ENTRY && /^[\0-\x7f]*$/.test(text) && v === 1 && kind === "decision";
  if (!fits || !decision || !subject || !notice || typeof time !== "number" || time < 0) {
    throw new Refusal("entry", "the entry is not that of a decision");
  }
  return { decision, subject, notice: entry!["notice"] as string, time };
}

// What is behind a commitment is kept verbatim, whatever it is: fields are shown if they are there.
function lenient(data: string): Fields {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value ? (value as Fields) : {};
  } catch {
    return {};
  }
}
