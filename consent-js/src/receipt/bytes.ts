/** Bytes: base64 in its two alphabets, each value in one spelling only, and SHA-256. */

const text = new TextEncoder();

/** UTF-8. */
export const utf8 = (value: string): Uint8Array<ArrayBuffer> => text.encode(value);

/** Standard base64 with padding (RFC 4648, section 4); `null` for any other spelling. */
export function fromBase64(value: string): Uint8Array<ArrayBuffer> | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) return null;
  const raw = atob(value);
  // Bits that no byte has must be zero, or two texts would mean the same.
  return btoa(raw) === value ? Uint8Array.from(raw, character => character.charCodeAt(0)) : null;
}

/** Base64url without padding (RFC 4648, section 5); `null` for any other spelling. */
export function fromBase64Url(value: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(value)) return null;
  const standard = value.replaceAll("-", "+").replaceAll("_", "/");
  return fromBase64(standard + "=".repeat((4 - (standard.length % 4)) % 4));
}

/** A decimal number without leading zeros, up to 2^53 − 1; `null` for anything else. */
export function decimal(value: string): number | null {
  const number = /^(?:0|[1-9]\d{0,15})$/.test(value) ? Number(value) : NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/** The hash of all parts, one after the other. */
export async function sha256(
  ...parts: (Uint8Array<ArrayBuffer> | string)[]
): Promise<Uint8Array<ArrayBuffer>> {
  const all = parts.map(part => (typeof part === "string" ? utf8(part) : part));
  const whole = new Uint8Array(all.reduce((length, part) => length + part.length, 0));
  all.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

/** Whether two arrays have the same bytes. */
export const same = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);
