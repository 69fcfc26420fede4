/** A C2SP tlog-proof file, and the inclusion proof of RFC 6962 (verified as RFC 9162, section 2.1.3.2 says). */
import { decimal, fromBase64, same, sha256, utf8 } from "./bytes.ts";
import { splitNote, type Head } from "./checkpoint.ts";
import { Refusal } from "./refusal.ts";

/** The most bytes of a proof file. */
export const MAX_BYTES = 256 * 1024;

const MAX_HASHES = 64;

type Hash = Uint8Array<ArrayBuffer>;

/** A proof file, taken apart; nothing is checked yet. */
export interface Proof {
  extra: Hash | null;
  index: number;
  hashes: Hash[];
  checkpoint: string;
}

/** Reads the bytes of a proof file. */
export function parseProof(bytes: Uint8Array<ArrayBuffer>): Proof {
  if (bytes.length > MAX_BYTES) throw new Refusal("format", "the file is larger than a receipt can be");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal("format", "the file is not text");
  }
  const lines = text.split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1" || !lines.length) {
    throw new Refusal("format", "the first line is not that of a receipt");
  }
  let extra: Hash | null = null;
  if (lines[0]!.startsWith("extra ")) {
    extra = fromBase64(lines.shift()!.slice(6));
    if (!extra) throw new Refusal("format", "the line that begins with extra is not base64");
  }
  const head = lines.shift() ?? "";
  const index = head.startsWith("index ") ? decimal(head.slice(6)) : null;
  if (index === null) throw new Refusal("format", "there is no line with an index");
  const end = lines.indexOf("");
  if (end < 0 || end > MAX_HASHES) throw new Refusal("format", "there is no end of the proof");
  const hashes = lines.slice(0, end).map(line => {
    const hash = fromBase64(line);
    if (hash?.length !== 32) throw new Refusal("format", "a line of the proof is not a hash");
    return hash;
  });
  const checkpoint = lines.slice(end + 1).join("\n");
  splitNote(checkpoint);
  return { extra, index, hashes, checkpoint };
}

const half = (number: number): number => Math.floor(number / 2);
const node = (left: Hash, right: Hash): Promise<Hash> => sha256(Uint8Array.of(1), left, right);

/** Checks that an entry stands at `index` in the tree of this head. */
export async function verifyInclusion(entry: string, proof: Proof, head: Head): Promise<void> {
  const not = (message: string) => new Refusal("inclusion", message);
  if (proof.index >= head.size) throw not("the place of the entry is beyond the end of the log");
  let [at, last] = [proof.index, head.size - 1];
  let hash = await sha256(Uint8Array.of(0), utf8(entry));
  for (const sibling of proof.hashes) {
    if (last === 0) throw not("the proof has too many hashes");
    if (at % 2 || at === last) {
      hash = await node(sibling, hash);
      // A node without a right sibling is carried up until it is a right child itself.
      while (at % 2 === 0 && at) [at, last] = [half(at), half(last)];
    } else hash = await node(hash, sibling);
    [at, last] = [half(at), half(last)];
  }
  if (last) throw not("the proof has too few hashes");
  if (!same(hash, head.root)) throw not("the proof does not lead to the signed root");
}
