/** What is inside a bundle, read as an auditor's own tool would: with nothing of ours but the file's description. */
import { strFromU8, unzipSync } from "fflate";

/** One decision of a bundle, opened. */
export interface Opened {
  action: string;
  choices: Record<string, string>;
  language: string;
  /** Address of the notice that the log's entry names. */
  notice: string;
  decision_id: string;
  subject_id: string;
}

/** The decisions, in the order of the log. */
export function decisions(bundle: Uint8Array): Opened[] {
  const files = unzipSync(bundle);
  const entries = Object.keys(files)
    .filter(name => name.includes("/tile/entries/"))
    .sort()
    .flatMap(name => split(files[name]!));
  return strFromU8(files["openings.jsonl"]!)
    .trimEnd()
    .split("\n")
    .filter(Boolean)
    .map(line => {
      const { index, decision, subject } = JSON.parse(line);
      const { action, choices, language } = JSON.parse(decision[1]);
      return { action, choices, language, notice: entries[index]!.notice, ...JSON.parse(subject[1]) };
    });
}

// A tile of entries: each with its length before it, two bytes, big-endian (C2SP tlog-tiles).
function split(tile: Uint8Array): { notice: string }[] {
  const view = new DataView(tile.buffer, tile.byteOffset, tile.byteLength);
  const entries = [];
  for (let at = 0; at < tile.length;) {
    const end = at + 2 + view.getUint16(at);
    entries.push(JSON.parse(strFromU8(tile.subarray(at + 2, end))));
    at = end;
  }
  return entries;
}
