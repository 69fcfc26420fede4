import { useCallback, useSyncExternalStore } from "react";
import { consent, current } from "./index.js";
function useConsent(category) {
  const now = useCallback(() => current()?.allows(category) ?? false, [category]);
  return useSyncExternalStore(subscribe, now, denied);
}
const denied = () => false;
function subscribe(changed) {
  let stop;
  let gone = false;
  void consent().then((found) => {
    if (gone) return;
    stop = found.on("change", changed);
    changed();
  });
  return () => {
    gone = true;
    stop?.();
  };
}
export {
  useConsent
};
