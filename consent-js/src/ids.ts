/** Random names: UUIDv7 for decisions, 128 bits of base64url for subjects, and the ways between their forms. */

/** `count` random bytes as lower-case hex. */
export const randomHex = (count: number): string =>
  toHex(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(count))));

/** A UUIDv7 (RFC 9562, section 5.7) for a time in milliseconds since 1970. */
export function uuid(milliseconds: number): string {
  const random = randomHex(10);
  const variant = "89ab"[parseInt(random[3]!, 16) & 3]!;
  return dashed(
    milliseconds.toString(16).padStart(12, "0") + "7" + random.slice(0, 3) + variant + random.slice(4, 19),
  );
}

/** The time inside a UUIDv7, in milliseconds since 1970. */
export const uuidTime = (id: string): number => parseInt(id.replace("-", "").slice(0, 12), 16);

/** 32 hex digits as a UUID's text. */
export const dashed = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/** 16 bytes: hex, with or without dashes, to 22 characters of base64url. */
export const toBase64 = (hex: string): string =>
  btoa(hex.replace(/-/g, "").replace(/../g, byte => String.fromCharCode(parseInt(byte, 16))))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .slice(0, 22);

/** 22 characters of base64url to hex. */
export const fromBase64 = (text: string): string => toHex(atob(text.replace(/-/g, "+").replace(/_/g, "/")));

const toHex = (bytes: string): string =>
  Array.from(bytes, byte => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
