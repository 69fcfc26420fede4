/** Canonical JSON (RFC 8785, in the profile of consent-core): integers, ASCII keys, no null, one spelling for each value. */

const MAX_DEPTH = 16;

/** A JSON object. */
export type Fields = Record<string, unknown>;

/** Reads canonical JSON; `undefined` for anything that is not written exactly as it would be written again. */
export function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return write(value, 0) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The value as an object with exactly these fields, of which the optional ones may be absent. */
export function fields(value: unknown, required: string[], optional: string[] = []): Fields | null {
  if (typeof value !== "object" || !value || Array.isArray(value)) return null;
  const names = Object.keys(value);
  const fits =
    required.every(name => names.includes(name)) &&
    names.every(name => required.includes(name) || optional.includes(name));
  return fits ? (value as Fields) : null;
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new Error("nested too deep");
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  // Half of a surrogate pair is no character: other readers refuse it.
  if (typeof value === "string" && !/\p{Surrogate}/u.test(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(item => write(item, depth + 1)).join()}]`;
  if (typeof value === "object" && value) {
    const members = Object.keys(value).sort();
    if (!members.every(name => /^[\0-\x7f]*$/.test(name))) throw new Error("a key is not ASCII");
    return `{${members.map(name => JSON.stringify(name) + ":" + write((value as Fields)[name], depth + 1)).join()}}`;
  }
  throw new Error("not in the profile");
}
