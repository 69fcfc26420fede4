/** Stands between a page and what the browser gives it. */

// The browser's functions take and give anything; what each takes is said where it is patched.

/** What the browser would do. */
export type Original = (this: any, ...args: any[]) => any;

/**
 * Puts `instead` before a method, or before the setter of a property. What it gives back is called in the place of the
 * browser's own; if it gives back nothing, or fails, the browser does what it always does: a page is never broken by it.
 */
export function patch(
  owner: object | undefined,
  name: string,
  instead: (self: any, args: any[], original: Original) => (() => unknown) | false | undefined | void,
): void {
  const descriptor = owner && Object.getOwnPropertyDescriptor(owner, name);
  const key = descriptor?.set ? "set" : "value";
  const original = descriptor?.[key] as Original | undefined;
  if (!original) return; // this browser has no such thing
  Object.defineProperty(owner, name, {
    ...descriptor,
    [key](this: unknown, ...args: unknown[]) {
      let act;
      try {
        act = instead(this, args, original);
      } catch {
        // as above
      }
      return act ? act() : original.apply(this, args);
    },
  });
}
