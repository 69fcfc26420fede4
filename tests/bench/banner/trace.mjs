/** Figures from Chromium's trace of the page's main thread. All of them are milliseconds of its CPU, not of the clock. */

/** @typedef {{ name: string, ph: string, pid: number, tid: number, ts: number, dur?: number, tdur?: number, id?: string, id2?: any, args?: any }} Event */

export const CATEGORIES = [
  "devtools.timeline", // EvaluateScript, FunctionCall, Layout, EventTiming …
  "disabled-by-default-devtools.timeline", // RunTask
  "v8",
  "v8.execute", // RunMicrotasks
  "blink.user_timing", // the marks of watch.mjs
];

// What script runs as: compiling and running a file or an inline script, calling a function, ending promises.
const SCRIPT = new Set(["v8.compile", "v8.compileModule", "EvaluateScript", "FunctionCall", "RunMicrotasks"]);

const LONG = 50;

/**
 * Of one visit, whose trace may go on after it was measured: from the start until `until`, a mark of the page.
 *
 * - `script`: to compile and run the contestant's files and inline scripts, with the styles and layouts that they force. What
 *   runs inside another counted event counts once. The tags and what measures are left out: a call says whose file it is in.
 *   Promises name no file, so those of a measured page are all taken for the contestant's; a page without one has none.
 * - `long`: tasks of 50 ms or more, whoever's
 * - `longest`: the most script of the contestant in one task
 *
 * @param {Event[]} events @param {string} origin @param {string} until
 */
export function load(events, origin, until) {
  const end = mark(events, until);
  const main = mainThread(events, end).filter(({ ts }) => ts < end.ts);
  const own = outermost(main.filter(event => SCRIPT.has(event.name) && isOwn(event, origin)));
  const tasks = main.filter(({ name }) => name === "RunTask");
  const longest = tasks.map(task => sum(own.filter(event => isIn(event, task))));
  return {
    script: sum(own),
    long: tasks.filter(({ tdur = 0 }) => tdur >= LONG * 1000).length,
    longest: Math.max(0, ...longest),
  };
}

/** Milliseconds (of the clock) from the click to the frame that shows what it did, by Event Timing before it is rounded. @param {Event[]} events @param {string} after a mark of the page */
export function click(events, after) {
  const from = mark(events, after);
  const start = events.find(
    event =>
      event.name === "EventTiming" &&
      event.ph === "b" &&
      event.args?.data?.type === "click" &&
      event.ts >= from.ts,
  );
  const end = events // an identity is used again
    .filter(event => event.name === "EventTiming" && event.ph === "e" && identity(event) === identity(start))
    .sort((a, b) => a.ts - b.ts)
    .find(({ ts }) => start && ts > start.ts);
  return start && end ? (end.ts - start.ts) / 1000 : NaN;
}

/** @param {Event | undefined} event */
const identity = event => event && `${event.pid} ${event.id ?? JSON.stringify(event.id2)}`;

/** @param {Event[]} events @param {string} name */
function mark(events, name) {
  const found = events.find(event => event.name === name);
  if (!found) throw new Error("the trace has no mark " + name);
  return found;
}

/** Parents before what is in them. @param {Event[]} events @param {Event} mark */
const mainThread = (events, { pid, tid }) =>
  events
    .filter(event => event.ph === "X" && event.pid === pid && event.tid === tid)
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));

/** @param {Event} event @param {string} origin */
function isOwn({ name, args }, origin) {
  if (name === "RunMicrotasks") return true;
  const url = String(args?.data?.url ?? args?.fileName ?? "");
  return url.startsWith(origin) && !url.startsWith(origin + "/tag/");
}

/** @param {Event[]} events sorted */
function outermost(events) {
  let until = 0;
  return events.filter(({ ts, dur = 0 }) => {
    const outer = ts >= until;
    if (outer) until = ts + dur;
    return outer;
  });
}

/** @param {Event} event @param {Event} task */
const isIn = ({ ts }, task) => ts >= task.ts && ts < task.ts + (task.dur ?? 0);

/** Milliseconds. @param {Event[]} events */
const sum = events => events.reduce((all, { tdur = 0 }) => all + tdur, 0) / 1000;
