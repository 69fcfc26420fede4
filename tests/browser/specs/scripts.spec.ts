/** Tagged scripts: released once, in order, with what their attributes mean; stopped while they can be. */
import { logs, probe, ran } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

const tag = (attributes: string, text = "") => `<script type="text/plain" ${attributes}>${text}</script>`;

test("plain scripts run in document order, however long each takes; async, defer and modules as they do in a page", async ({
  visitor,
  page,
  server,
}) => {
  await probe(
    page,
    server,
    tag(`data-consent="analytics" data-src="/defer.js" defer`) +
      tag(`data-consent="analytics" data-src="/module.js" data-type="module"`) +
      tag(`data-consent="analytics" data-src="/slow.js"`) +
      tag(`data-consent="analytics" data-src="/async.js" async`) +
      tag(`data-consent="analytics" src="/quick.js"`) +
      tag(`data-consent="performance" data-src="/denied.js"`) +
      tag(`data-consent="analytics performance" data-src="/denied.js"`) +
      tag(`data-consent="analytics analytic" data-src="/denied.js"`) +
      tag(`data-consent="" data-src="/denied.js"`) +
      tag(`data-consent="advertisement" data-src="/last.js"`),
    {
      "/defer.js": logs("defer"),
      "/module.js": `export {}; ${logs("module")}`,
      "/slow.js": { body: logs("slow"), after: 300 },
      "/async.js": { body: logs("async"), after: 100 },
      "/quick.js": logs("quick"),
      "/last.js": logs("last"),
      "/denied.js": logs("denied"),
    },
  );
  await visitor.open("/probe");
  await page.evaluate(() => window.consent.set({ analytics: "grant", advertisement: "grant" }));
  await expect.poll(() => ran(page)).toHaveLength(6);
  await page.waitForTimeout(300);
  const order = await ran(page);
  expect(order.filter(name => name !== "async")).toEqual(["slow", "quick", "last", "defer", "module"]);
  expect(visitor.requested).not.toContain("/denied.js");
});

test("a script runs once, whatever is chosen how often", async ({ visitor, page, server }) => {
  await probe(page, server, tag(`data-consent="analytics" data-src="/a.js"`), { "/a.js": logs("a") });
  await visitor.open("/probe");
  for (let round = 0; round < 3; round++) {
    await page.evaluate(() => window.consent.set({ analytics: "grant" }));
    await page.waitForTimeout(150);
    await page.evaluate(() => window.consent.withdraw());
  }
  expect(await ran(page)).toEqual(["a"]);
});

test("a script that comes later is held, and released when it is granted", async ({
  visitor,
  page,
  server,
}) => {
  await probe(page, server, "", { "/late.js": logs("late"), "/later.js": logs("later") });
  await visitor.open("/probe");
  const insert = (path: string) =>
    page.evaluate(src => {
      const box = document.createElement("div");
      const script = document.createElement("script");
      script.type = "text/plain";
      script.dataset["consent"] = "functional";
      script.dataset["src"] = src;
      box.append(script);
      document.body.append(box);
    }, path);
  await insert("/late.js");
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual([]);
  await page.evaluate(() => window.consent.set({ functional: "grant" }));
  await expect.poll(() => ran(page)).toEqual(["late"]);
  await insert("/later.js");
  await expect.poll(() => ran(page)).toEqual(["late", "later"]);
});

test("withdrawn while it loads, a script does not run; granted again, it does", async ({
  visitor,
  page,
  server,
}) => {
  await probe(
    page,
    server,
    tag(`data-consent="analytics" data-src="/slow.js"`) + tag(`data-consent="analytics" data-src="/next.js"`),
    { "/slow.js": { body: logs("slow"), after: 500 }, "/next.js": logs("next") },
  );
  await visitor.open("/probe");
  const asked = page.waitForRequest("**/slow.js");
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await asked;
  await page.evaluate(() => window.consent.withdraw());
  await page.waitForTimeout(900);
  expect(await ran(page)).toEqual([]);
  expect(visitor.requested).not.toContain("/next.js");
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await expect.poll(() => ran(page)).toEqual(["slow", "next"]);
});

test("a script that fails to load does not hold up the next", async ({ visitor, page, server }) => {
  await probe(
    page,
    server,
    tag(`data-consent="analytics" data-src="/missing.js"`) +
      tag(`data-consent="analytics" data-src="/next.js"`),
    { "/next.js": logs("next") },
  );
  await visitor.open("/probe");
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await expect.poll(() => ran(page)).toEqual(["next"]);
});

test("inline text runs where the page's policy lets inline text run", async ({ visitor, page, server }) => {
  const nonce = "c29tZXRoaW5n";
  const inline = tag(`data-consent="analytics" nonce="${nonce}"`, logs("inline"));
  const policy = `default-src 'self'; script-src 'self' 'nonce-${nonce}'`;
  await probe(
    page,
    server,
    inline + tag(`data-consent="analytics" data-src="/b.js"`),
    { "/b.js": logs("b") },
    policy,
  );
  await visitor.open("/probe");
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual([]); // the nonce lets it run, and only the visitor's choice does
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await expect.poll(() => ran(page)).toEqual(["inline", "b"]);
  await page.reload(); // now released while the page is parsed
  await expect.poll(() => ran(page)).toEqual(["inline", "b"]);
});

test("on return, granted scripts run before the page is parsed to its end", async ({
  visitor,
  page,
  server,
}) => {
  const html =
    tag(`data-consent="analytics" data-src="/early.js"`) +
    `<body><p>x</p><script src="/end.js"></script><p>y</p>`;
  await probe(page, server, html, {
    "/early.js": logs("early"),
    "/end.js": { body: logs("end"), after: 400 },
  });
  await visitor.open("/probe");
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await visitor.delivered();
  await page.reload();
  await expect.poll(() => ran(page)).toEqual(["early", "end"]);
});

test("two copies of the script make one banner and release once", async ({ visitor, page, server }) => {
  const copy = `<script src="/v1/sites/newsroom/banner.js"></script>`;
  await probe(page, server, copy + tag(`data-consent="analytics" data-src="/a.js"`) + copy, {
    "/a.js": logs("a"),
  });
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toHaveCount(1);
  await visitor.press("accept-all");
  await expect.poll(() => ran(page)).toEqual(["a"]);
  expect(visitor.sent).toHaveLength(1);
});

test("an element called consent takes nobody's place", async ({ visitor, page, server }) => {
  await probe(page, server, `<body><form id="consent" name="consent"></form>`);
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(await page.evaluate(() => window.consent.allows("necessary"))).toBe(true);
});

test("what the browser never says to have ended does not hold up the rest", async ({
  visitor,
  page,
  server,
}) => {
  await probe(
    page,
    server,
    tag(`data-consent="analytics"`) + // neither text nor address
      tag(`data-consent="analytics" data-src=""`) +
      tag(`data-consent="analytics" data-type="module"`) +
      tag(`data-consent="analytics" data-src="/old.js" nomodule`) +
      tag(`data-consent="analytics" data-type="text/template" data-src="/old.js"`) +
      tag(`data-consent="analytics" data-src="/next.js"`),
    { "/old.js": logs("old"), "/next.js": logs("next") },
  );
  await visitor.open("/probe");
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await expect.poll(() => ran(page)).toEqual(["next"]);
});

test("words apart from each other by any white space, and no word that is no category", async ({
  visitor,
  page,
  server,
}) => {
  await probe(
    page,
    server,
    tag(`data-consent=" analytics\n\tfunctional " data-src="/spaced.js"`) +
      ["analytic", "Analytics", "analytics,functional", " ", "constructor", "necessary unknown"]
        .map(words => tag(`data-consent="${words}" data-src="/unknown.js"`))
        .join(""),
    { "/spaced.js": logs("spaced"), "/unknown.js": logs("unknown") },
  );
  await visitor.open("/probe");
  await visitor.press("accept-all");
  await expect.poll(() => ran(page)).toEqual(["spaced"]);
  await page.waitForTimeout(300);
  expect(visitor.requested).not.toContain("/unknown.js");
});

test("a release does not hold up the click: its effect is painted before the first script, and between two the browser has time", async ({
  visitor,
  page,
  server,
}) => {
  const nonce = "c29tZXRoaW5n";
  // Inline, so that nothing but the release itself makes a gap: four that each keep the browser busy for 300 ms.
  const busy = (name: string) =>
    tag(
      `data-consent="analytics" nonce="${nonce}"`,
      `{ const begun = performance.now(); while (performance.now() < begun + 300); (window.spans ??= []).push([begun, performance.now()]); ${logs(name)} }`,
    );
  const watch = `
    window.beats = [];
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (beats.push(performance.now()), window.ran?.length === 4 || port2.postMessage(0));
    document.addEventListener("click", () => port2.postMessage(0), true);
    new PerformanceObserver(list => {
      for (const { name, startTime, duration } of list.getEntries()) if (name === "click") window.painted ??= startTime + duration;
    }).observe({ type: "event", durationThreshold: 16 });
    const gone = () => (document.querySelector("#consent-banner") ? requestAnimationFrame(gone) : (window.gone = performance.now()));
    addEventListener("click", () => requestAnimationFrame(gone));`;
  await probe(
    page,
    server,
    `<script src="/watch.js"></script>` + ["a", "b", "c", "d"].map(busy).join("") + "<body>",
    { "/watch.js": watch },
    `default-src 'self'; script-src 'self' 'nonce-${nonce}'`,
  );
  await visitor.open("/probe");
  await visitor.press("accept-all");
  await expect.poll(() => ran(page)).toEqual(["a", "b", "c", "d"]);
  const { spans, beats, gone, painted } = await page.evaluate(() => {
    const { spans, beats, gone, painted } = window as unknown as {
      spans: [number, number][];
      beats: number[];
      gone: number;
      painted?: number;
    };
    return { spans, beats, gone, painted };
  });
  expect(gone).toBeLessThan(spans[0]![0]); // a frame without the banner came first
  for (let next = 1; next < spans.length; next++)
    expect(
      beats.filter(beat => beat >= spans[next - 1]![1] && beat <= spans[next]![0]).length,
      `turns of others before script ${next + 1}`,
    ).toBeGreaterThan(0);
  // What the browser itself measures from the click to its paint, if that took long enough to be listed.
  if (painted !== undefined) expect(painted).toBeLessThan(spans[1]![1]);
});

test("a tagged script that has left the page before it is granted does not run, and stops nothing", async ({
  visitor,
  page,
  server,
}) => {
  await probe(
    page,
    server,
    tag(`id="gone" data-consent="analytics" data-src="/gone.js"`) +
      `<body><div id="box">${tag(`data-consent="analytics" data-src="/gone.js"`)}</div>` +
      tag(`data-consent="analytics" data-src="/next.js"`),
    { "/gone.js": logs("gone"), "/next.js": logs("next") },
  );
  await visitor.open("/probe");
  await page.evaluate(() => {
    document.getElementById("gone")!.remove();
    // As an application does that draws anew when it hears of the choice.
    window.consent.on("change", () => document.getElementById("box")?.remove());
    window.consent.set({ analytics: "grant" });
  });
  await expect.poll(() => ran(page)).toEqual(["next"]);
  await page.waitForTimeout(200);
  expect(await ran(page)).toEqual(["next"]);
});
