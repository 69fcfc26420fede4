/** Banners side by side in Chromium, at a quarter of the CPU's speed: `CONSENT_BIN=… npm run bench [ROUNDS]`. */
import { mkdir, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { aims, broken } from "./aims.mjs";
import { contestants } from "./contestants/index.mjs";
import { look, narrow } from "./look.mjs";
import { page, shared } from "./page.mjs";
import { plot } from "./plot.mjs";
import { start, words } from "./program.mjs";
import { LATENCY, serve } from "./server.mjs";
import { row, table } from "./table.mjs";
import { SLOWER, visit } from "./visit.mjs";

const rounds = Number(process.argv[2] ?? 9);
if (!(rounds >= 1)) throw new Error("how many rounds?");
const output = join(import.meta.dirname, "../../../test-output/banner");

const program = await start();
const server = await serve(program.address);
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
});
try {
  const all = (await contestants(await words(program.address), server.origin)).map(one => ({
    one,
    path: `/${one.name.replace(/\W+/g, "")}.html`,
  }));
  server.add(shared);
  for (const { one, path } of all) server.add({ ...one.files, [path]: page(one) });

  /** @type {Map<string, number>} */
  const complete = new Map();
  for (const { one, path } of all) complete.set(one.name, await look(browser, server, one, path));
  const ours = all.find(({ one }) => one.name === "consent");
  const article = !!ours && (await narrow(browser, server.origin + ours.path, ours.one));

  /** @type {Map<string, import("./visit.mjs").Visit[]>} */
  const visits = new Map(all.map(({ one }) => [one.name, []]));
  /** The same at full speed, for what a busy machine must not decide. @type {Map<string, import("./visit.mjs").Visit[]>} */
  const fast = new Map(
    ["consent", "consent, no frame", "vanilla-cookieconsent", "  + iframemanager"].map(name => [name, []]),
  );
  for (let round = 0; round < rounds; round++)
    for (const { one, path } of all) {
      visits.get(one.name)?.push(await visit(browser, server, one, path));
      if (fast.has(one.name)) fast.get(one.name)?.push(await visit(browser, server, one, path, 1));
    }

  // What the page weighs without anybody is nobody's.
  const bare = server.size("/nobanner.html");
  const rows = new Map(
    [...visits].map(([name, list]) => {
      const { bytes, ...rest } = row(list, (complete.get(name) ?? NaN) - bare);
      return [name, { ...rest, bytes: bytes - bare }];
    }),
  );
  console.log(
    `medians of ${rounds} interleaved rounds, CPU slowed ${SLOWER} times, ${LATENCY} ms to every answer, load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(table(rows) + "\n\n" + aims(visits, fast) + "\n");
  await mkdir(output, { recursive: true });
  await writeFile(join(output, "banner.svg"), plot(rows));
  await writeFile(join(output, "visits.json"), JSON.stringify(Object.fromEntries(visits), null, 1));
  if (broken(visits, article)) process.exitCode = 1;
} finally {
  await browser.close();
  server.close();
  await program.stop();
}
