/** Other tabs of the site, and pages that come back from the browser's cache, follow the newest choice. */
import { QUEUE_KEY } from "./queue.ts";
import { reconcile } from "./state.ts";

/** Listens. Each choice touches the queue in storage, which other tabs hear at once; the cookie says what it was. */
export function followTabs(): void {
  addEventListener("storage", ({ key }) => key === QUEUE_KEY && reconcile());
  addEventListener("pageshow", reconcile);
  addEventListener("pagehide", reconcile);
  document.addEventListener("visibilitychange", reconcile);
}
