/** Brings queued requests to the server, each with its own `decision_id` until the server has answered it. */
import { dequeue, queued } from "./queue.ts";
import { base } from "./settings.ts";
import { lastChoice, reconcile } from "./state.ts";

const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 300_000;

let busy = false;
let timer = 0;
let wait = 0;

/** Sends what waits, oldest first; when that fails, tries again later, on `online`, and on the next page. */
export async function deliver(): Promise<void> {
  if (busy) return;
  busy = true;
  clearTimeout(timer);
  try {
    for (let request; (request = queued()[0]); wait = 0) {
      const answer = await fetch(base + "decisions", {
        method: "POST",
        body: JSON.stringify(request),
        headers: { "content-type": "application/json" },
        keepalive: true,
        // The answer sets the cookie again; an answer to an older choice must not put that one back into force.
        credentials: request.decision_id === lastChoice()?._decision ? "same-origin" : "omit",
        signal: AbortSignal.timeout?.(30_000) as AbortSignal, // older browsers have none
      });
      reconcile();
      await settle(request.decision_id, answer);
      dequeue(request.decision_id);
    }
  } catch {
    wait = Math.min(wait * 2 || FIRST_WAIT, LONGEST_WAIT);
    timer = setTimeout(deliver, wait * (0.75 + Math.random() / 2));
  }
  busy = false;
}

// Returns if the server has answered for good, throws if it may yet. Only its own words count: a captive portal, a proxy
// or a maintenance page answers with any status.
async function settle(id: string, answer: Response): Promise<void> {
  const { ok, status } = answer;
  const said: { decision_id?: string; code?: string } = await answer.json().catch(() => ({}));
  const final = ok ? said.decision_id === id : said.code && status < 500;
  if (!final || status === 408 || status === 429) {
    wait = Math.max(wait, 500 * +answer.headers.get("retry-after")! || 0);
    throw status;
  }
  if (!ok) console.warn("consent: refused:", said.code);
}
