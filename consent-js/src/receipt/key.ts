/** Public keys with names: the vkeys of C2SP signed-note, Ed25519 (type 01). */
import { fromBase64, same, sha256 } from "./bytes.ts";

/** A key that may sign. */
export interface Key {
  /** For a log, its origin. */
  name: string;
  /** Four bytes that tell which key of that name. */
  id: Uint8Array;
  key: CryptoKey;
  /** The vkey. */
  text: string;
}

const MAX_KEYS = 4096;
const ED25519 = "Ed25519";
const P = (1n << 255n) - 19n;
// The y coordinates of points of small order: with such a key one signature fits many texts.
const WEAK = [
  0n,
  1n,
  P - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
];

/** Whether this browser can check signatures: WebCrypto with Ed25519, which pages have over https or on localhost. */
export async function canVerify(): Promise<boolean> {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32).fill(9, 0, 1), ED25519, false, ["verify"]);
    return true;
  } catch (error) {
    // A browser that knows the algorithm may refuse this key for what it is.
    return (error as DOMException)?.name === "DataError";
  }
}

/** Reads one vkey; `null` for anything else. */
export async function parseKey(text: string): Promise<Key | null> {
  const [, name, hint, encoded] = /^([^+\s\p{Cc}]{1,320})\+([0-9a-f]{8})\+(.+)$/u.exec(text) ?? [];
  const bytes = encoded ? fromBase64(encoded) : null;
  if (!name || !hint || bytes?.length !== 33 || bytes[0] !== 1) return null;
  const id = (await sha256(name, "\n", bytes)).slice(0, 4);
  if ([...id].map(byte => byte.toString(16).padStart(2, "0")).join("") !== hint) return null;
  const raw = bytes.slice(1);
  const y = [...raw].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) & ((1n << 255n) - 1n);
  if (y >= P || WEAK.includes(y)) return null;
  try {
    return { name, id, key: await crypto.subtle.importKey("raw", raw, ED25519, false, ["verify"]), text };
  } catch {
    return null;
  }
}

/** Reads vkeys, one a line, or a tlog-policy. Lines that hold none are counted, so that nothing is lost unseen. */
export async function parseKeys(text: string): Promise<{ keys: Key[]; unread: number }> {
  const lines = text
    .split("\n")
    .map(
      line =>
        line
          .trim()
          .replace(/^log\s+/, "")
          .split(/\s/)[0]!,
    )
    .filter(line => line && !/^(#|quorum$|witness$|group$)/.test(line));
  const read = await Promise.all(lines.slice(0, MAX_KEYS).map(parseKey));
  const keys = read.filter(key => key !== null);
  return { keys, unread: lines.length - keys.length };
}

/** Whether `signature` is this key's over `text`. */
export const verifies = (key: Key, signature: Uint8Array<ArrayBuffer>, text: Uint8Array<ArrayBuffer>) =>
  signature.length === 64 && crypto.subtle.verify(ED25519, key.key, signature, text);

/** Whether a signature line names this key. */
export const isNamed = (key: Key, name: string, id: Uint8Array): boolean =>
  key.name === name && same(key.id, id);
