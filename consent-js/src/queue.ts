/** Requests that the server has not answered yet. They outlive the page, so that a choice is recorded once, some day. */
import { notice, replay } from "./settings.ts";

/** What the browser sends. */
export interface DecisionRequest {
  decision_id: string;
  subject_id: string;
  notice_id: string;
  action: string;
  choices: Record<string, string>;
  services?: Record<string, string> | undefined;
  decided_at: string;
  signals: { gpc: boolean };
  language: string;
  page: string;
  /** Where an import comes from. */
  provenance?: object | undefined;
  /** Who is signed in, by the word of the site's backend. */
  account?: string | undefined;
}

/** Where the queue is kept. Other tabs see it change, which tells them of the choice. */
export const QUEUE_KEY = "consent:" + notice.site;

let memory: DecisionRequest[] = [];
let answered = "";

/** What waits, oldest first. */
export function queued(): DecisionRequest[] {
  if (replay) return [];
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(QUEUE_KEY)!);
    // There may be nothing. What this page could not store comes last: it is the newest.
    return Array.isArray(kept) ? [...kept.filter(one => one?.decision_id), ...memory] : memory;
  } catch {
    return memory;
  }
}

/** Puts a request at the end. Says whether it outlives the page. */
export const enqueue = (request: DecisionRequest): boolean => keep([...queued(), request]);

/** Puts back a request that another tab, which saw the queue as it was before, has written over: tabs can not take turns. */
export function putBack(request: DecisionRequest): void {
  const id = request.decision_id;
  if (answered !== id && !queued().some(one => one.decision_id === id)) enqueue(request);
}

/** Forgets a request that the server has answered for good. */
export function dequeue(decisionId: string): void {
  answered = decisionId;
  keep(queued().filter(request => request.decision_id !== decisionId));
}

function keep(requests: DecisionRequest[]): boolean {
  memory = [];
  if (replay) return true;
  try {
    if (requests.length) localStorage.setItem(QUEUE_KEY, JSON.stringify(requests));
    else localStorage.removeItem(QUEUE_KEY);
  } catch {
    memory = requests; // no storage, or none left: then for as long as the page lives
  }
  return !memory.length;
}
