/** The value of the cookie `consent`: `1.<choices>.<decided_at>.<notice>.<subject>.<decision>`. */
import type { Bits } from "./category.ts";
import { dashed, fromBase64, toBase64 } from "./ids.ts";

/** A choice as the browser keeps it. */
export interface Stored {
  /** What was granted. */
  _bits: Bits;
  /** Unix seconds. */
  _decidedAt: number;
  /** First 12 characters of the notice's address. */
  _notice: string;
  /** 22 characters of base64url. */
  _subject: string;
  /** UUIDv7 as text, lower case. */
  _decision: string;
}

// The last character of 22 carries two bits of data: any but these four would be a second spelling of one value.
// Choices are odd (necessary) and below 0x20. Times have no leading zero.
const FORM =
  /^1\.([01][13579bdf])\.(0|[1-9a-z][0-9a-z]{0,10})\.([\w-]{12})\.([\w-]{21}[AQgw])\.([\w-]{21}[AQgw])$/;

/** Reads a value. `null` for anything that {@link print} would not have written: that is no consent. */
export function parse(value: string): Stored | null {
  const [, bits, time, notice, subject, decision] = FORM.exec(value) || [];
  const hex = decision ? fromBase64(decision) : "";
  const decidedAt = parseInt(time!, 36);
  if (!/^.{12}7.{3}[89ab]/.test(hex) || !Number.isSafeInteger(decidedAt)) return null;
  return {
    _bits: parseInt(bits!, 16),
    _decidedAt: decidedAt,
    _notice: notice!,
    _subject: subject!,
    _decision: dashed(hex),
  };
}

/** The later of two choices. UUIDv7 sorts by time, so the texts can be compared. */
export const newer = (one: Stored | null, other: Stored | null): Stored | null =>
  !one || (other && other._decision > one._decision) ? other : one;

/** Writes a value that {@link parse} reads back. */
export const print = (stored: Stored): string =>
  [
    1,
    stored._bits.toString(16).padStart(2, "0"),
    stored._decidedAt.toString(36),
    stored._notice,
    stored._subject,
    toBase64(stored._decision),
  ].join(".");
