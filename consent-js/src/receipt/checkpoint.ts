/** A signed tree head: a C2SP signed note around a C2SP checkpoint. */
import { decimal, fromBase64, utf8 } from "./bytes.ts";
import { isNamed, verifies, type Key } from "./key.ts";
import { Refusal } from "./refusal.ts";

/** What a log's key signed. */
export interface Head {
  origin: string;
  site: string;
  size: number;
  root: Uint8Array<ArrayBuffer>;
  /** The keys that signed, as vkeys. */
  signers: string[];
}

interface Line {
  name: string;
  id: Uint8Array;
  signature: Uint8Array<ArrayBuffer>;
}

const MAX_SIGNATURES = 64;
// The year, and the number of the log if the first one of that year could not go on.
const ORIGIN = /^[a-z0-9.\-:[\]]{1,253}\/([a-z0-9-]{1,63})\/[2-9]\d{3}(?:\.(?:[2-9]|[1-9]\d{1,2}))?$/;

function form(fits: unknown): asserts fits {
  if (!fits) throw new Refusal("format", "there is no signed checkpoint at the end");
}

/** Takes a note apart; nothing is checked yet. */
export function splitNote(note: string): { text: string; lines: Line[] } {
  const at = note.lastIndexOf("\n\n");
  form(at >= 0 && note.endsWith("\n") && utf8(note).length <= 128 * 1024);
  form(!/[\0-\x09\x0b-\x1f]/.test(note));
  const lines = note.slice(at + 2, -1).split("\n");
  form(lines.length <= MAX_SIGNATURES);
  const read = lines.map(line => {
    const [, name, base64] = /^\u2014 ([^+\s\p{Cc}]{1,320}) (\S+)$/u.exec(line) ?? [];
    const bytes = base64 ? fromBase64(base64) : null;
    form(name && utf8(name).length <= 320 && bytes && bytes.length > 4);
    return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) };
  });
  return { text: note.slice(0, at + 1), lines: read };
}

/** Checks every signature that names a known key; at least one key with the name of the log has to have signed. */
export async function openCheckpoint(note: string, known: Key[]): Promise<Head> {
  const { text, lines } = splitNote(note);
  const signers: Key[] = [];
  for (const { name, id, signature } of lines) {
    const named = known.filter(key => isNamed(key, name, id));
    const fits = await Promise.all(named.map(key => verifies(key, signature, utf8(text))));
    if (named.length && !fits.some(Boolean)) {
      throw new Refusal("checkpoint", `the signature of ${name} is not over this checkpoint`);
    }
    signers.push(...named.filter((_, index) => fits[index]));
  }
  const [origin, size, root, end, ...more] = text.split("\n");
  const [, site] = ORIGIN.exec(origin!) ?? [];
  const [entries, hash] = [decimal(size ?? ""), fromBase64(root ?? "")];
  if (signers.length && (!site || entries === null || hash?.length !== 32 || end !== "" || more.length)) {
    throw new Refusal("checkpoint", "what is signed is not the head of a log");
  }
  if (!signers.some(key => key.name === origin)) {
    throw new Refusal("checkpoint", `none of the keys is that of the log ${origin}`, !signers.length);
  }
  const all = [...new Set(signers.map(key => key.text))];
  return { origin: origin!, site: site!, size: entries!, root: hash!, signers: all };
}
