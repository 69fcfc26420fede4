/** Banners side by side in Chromium, at a quarter of the CPU's speed: `CONSENT_BIN=… npm run bench [rounds]`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { chromium } from "playwright-core";
import { contestants } from "./pages.mjs";

const rounds = Number(process.argv[2] ?? 5);
const latency = 20; // milliseconds before every answer
/** @typedef {{ bytes: number, requests: number, banner: number, script: number, long: number, shift: number, click: number, heap: number }} Run */

/** Our script for the newsroom in French, from the real program. */
async function ours() {
  const repository = resolve(import.meta.dirname, "../../..");
  const data = await mkdtemp(join(tmpdir(), "consent-bench-"));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = `127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (probe.address()).port}`;
  probe.close();
  const args = ["serve", "examples/newsroom/consent.toml", "--listen", address, "--data", data];
  const program = process.env["CONSENT_BIN"];
  if (!program) throw new Error("CONSENT_BIN must name the program `consent`");
  const child = spawn(program, args, { cwd: repository, stdio: "ignore" });
  const ended = once(child, "exit");
  try {
    for (let tries = 0; tries < 300; tries++) {
      const answer = await fetch(`http://${address}/v1/sites/newsroom/banner.js?lang=fr`).catch(() => null);
      if (answer?.ok) return await answer.text();
      await new Promise(done => setTimeout(done, 100));
    }
    throw new Error("the server did not become ready");
  } finally {
    child.kill("SIGTERM");
    await ended;
    await rm(data, { recursive: true, force: true });
  }
}

/** In the page, before anything else: when the accept button is first seen, and what moved or blocked meanwhile. @param {string} accept */
function watch(accept) {
  const seen = { banner: 0, shift: 0, long: 0, click: 0 };
  Object.assign(window, { seen });
  const look = () => {
    const button = [...document.querySelectorAll(accept)].find(one =>
      /accepter/i.test(one.textContent ?? ""),
    );
    const box = button?.getBoundingClientRect();
    if (box?.width && box.height && box.top < innerHeight) {
      button?.setAttribute("data-bench", "");
      requestAnimationFrame(() => (seen.banner = performance.now())); // the frame after the one that shows it
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  /** @param {string} type @param {(entry: any) => void} note */
  const observe = (type, note) =>
    new PerformanceObserver(list => list.getEntries().forEach(note)).observe(
      /** @type {PerformanceObserverInit} */ ({ type, buffered: true, durationThreshold: 16 }),
    );
  observe("layout-shift", entry => (seen.shift += entry.hadRecentInput ? 0 : entry.value));
  observe("longtask", () => seen.long++);
  observe("event", entry => (seen.click = entry.name === "click" ? entry.duration : seen.click));
}

/**
 * Milliseconds of CPU, not of the clock, so that waiting for a busy machine does not count, which the contestant's scripts took
 * to be compiled and run. What runs inside another counted event counts once.
 *
 * @param {{ name: string, tid: number, pid: number, ts: number, dur?: number, tdur?: number, args: any }[]} events
 */
function scripted(events) {
  const names = ["v8.compile", "EvaluateScript", "FunctionCall"];
  const own = events
    .filter(
      ({ name, args }) =>
        names.includes(name) && String(args?.data?.url ?? args?.fileName ?? "").startsWith(origin),
    )
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  let sum = 0;
  let until = 0;
  for (const { ts, dur = 0, tdur = 0 } of own) {
    if (ts < until) continue;
    until = ts + dur;
    sum += tdur;
  }
  return sum / 1000;
}

/** @param {number[]} values */
const median = values => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;

const { all, files } = await contestants(await ours());
const packed = new Map(
  Object.entries(files).map(([path, text]) => [
    path,
    brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  ]),
);
/** @type {string[]} */
let asked = [];
const types = { html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript" };
const server = createServer((request, answer) => {
  const path = (request.url ?? "").split("?")[0] ?? "";
  asked.push(path);
  const body = packed.get(path);
  const ending = /** @type {keyof typeof types} */ (path.split(".").pop());
  const type = types[ending] ?? "text/plain";
  setTimeout(() => {
    if (body) answer.writeHead(200, { "content-type": type, "content-encoding": "br" }).end(body);
    else answer.writeHead(request.method === "POST" ? 204 : 200, { "content-type": type }).end();
  }, latency);
}).listen(0, "127.0.0.1");
await once(server, "listening");
const origin = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--js-flags=--expose-gc"],
});

/** One visit with a cold cache. @param {import("./pages.mjs").Contestant} one @returns {Promise<Run>} */
async function visit(one) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const cdp = await context.newCDPSession(page);
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await page.addInitScript(watch, one.accept);
    asked = [];
    await browser.startTracing(page, { categories: ["devtools.timeline", "v8"] });
    await page.goto(`${origin}/${one.name}.html`);
    await page.waitForFunction("seen.banner > 0");
    const script = scripted(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
    const before = asked.filter(path => packed.has(path));
    const page_ = packed.get("/plain.html")?.length ?? 0;
    const bytes = before.reduce((sum, path) => sum + (packed.get(path)?.length ?? 0), -page_);
    await cdp.send("HeapProfiler.collectGarbage");
    const heap = (await cdp.send("Runtime.getHeapUsage")).usedSize;
    const first = await page.evaluate("({ ...seen })");
    await page.click("[data-bench]");
    await page.waitForTimeout(400);
    const click = await page.evaluate("seen.click");
    return { ...first, click, bytes, requests: before.length - 1, script, heap: heap / 1024 };
  } finally {
    await context.close();
  }
}

/** @type {Map<string, Run[]>} */
const runs = new Map(all.map(({ name }) => [name, []]));
try {
  for (let round = 0; round < rounds; round++)
    for (const one of all) runs.get(one.name)?.push(await visit(one));
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}

const columns = /** @type {const} */ ([
  "bytes",
  "requests",
  "banner",
  "script",
  "long",
  "shift",
  "click",
  "heap",
]);
console.log(
  `medians of ${rounds} interleaved runs, CPU slowed 4 times, ${latency} ms to every answer, load ${loadavg()[0]?.toFixed(1)}; ms, KiB`,
);
console.log("".padEnd(24) + columns.map(column => column.padStart(10)).join(""));
/** @type {Record<string, Run>} */
const table = {};
for (const [name, list] of runs) {
  const row = Object.fromEntries(columns.map(column => [column, median(list.map(run => run[column]))]));
  table[name] = /** @type {Run} */ (row);
  console.log(
    name.padEnd(24) +
      columns
        .map(column => String(+(row[column] ?? NaN).toFixed(column === "shift" ? 3 : 1)).padStart(10))
        .join(""),
  );
}
const us = /** @type {Run} */ (table["consent"]);
const floor = /** @type {Run} */ (table["floor"]);
const vanilla = /** @type {Run} */ (table["vanilla-cookieconsent"]);
/** @param {number} a @param {number} b */
const ratio = (a, b) => (a / b).toFixed(2);
console.log(`time to banner, of the floor's: ${ratio(us.banner, floor.banner)} (aim: at most 1.15)`);
console.log(
  `script time, of vanilla-cookieconsent's: ${ratio(us.script, vanilla.script)} (aim: at most 0.50)`,
);
console.log(`click to next paint, of the floor's: ${ratio(us.click, floor.click)} (aim: at most 1.00)`);
if (us.requests !== 1 || us.shift !== 0) {
  console.error(`one request and no layout shift: ${us.requests} and ${us.shift}`);
  process.exitCode = 1;
}
