/** A hook for React 18 and later. */
import { useCallback, useSyncExternalStore } from "react";
import type { Category } from "../types.ts";
import { consent, current } from "./index.ts";

/**
 * Whether `category` may run now; the component is drawn again when that changes, in this tab or another.
 *
 * `false` on a server and for the first drawing in a browser, so that both agree (hydration); what the visitor chose
 * holds right after.
 */
export function useConsent(category: Category): boolean {
  const now = useCallback(() => current()?.allows(category) ?? false, [category]);
  return useSyncExternalStore(subscribe, now, denied);
}

const denied = (): boolean => false;

function subscribe(changed: () => void): () => void {
  let stop: (() => void) | undefined;
  let gone = false;
  void consent().then(found => {
    if (gone) return;
    stop = found.on("change", changed);
    changed(); // it may have come between the first drawing and now
  });
  return () => {
    gone = true;
    stop?.();
  };
}
