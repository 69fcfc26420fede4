/** Other tabs of the site, and pages that come back from the browser's cache, follow the newest choice. */
import { paint } from "./paint.ts";
import { QUEUE_KEY } from "./queue.ts";
import { reconcile } from "./state.ts";

/** Listens. Each choice touches the queue in storage, which other tabs hear at once; the cookie says what it was. */
export function followTabs(): void {
  // To listen to storage has the browser fetch all of it and wait, so the banner comes first. What came meanwhile is in the cookie.
  void paint().then(() => {
    addEventListener("storage", ({ key }) => key === QUEUE_KEY && reconcile());
    reconcile();
  });
  addEventListener("pageshow", reconcile);
  addEventListener("pagehide", reconcile);
  document.addEventListener("visibilitychange", reconcile);
}
