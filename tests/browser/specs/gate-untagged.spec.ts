/** `block = ["untagged"]`: scripts and frames of denied hosts that nobody has marked, however they come into the page. */
import { expect, policy, test, type Page } from "../support/elsewhere.ts";
import { logs, probe, ran, script } from "../support/probe.ts";

/** The page's own code: what is trusted in it, and scripts and frames by every way of putting them in. */
const APP = `
const own = trustedTypes.createPolicy("app", { createHTML: text => text, createScriptURL: text => text });
const made = (src, before = () => {}) => {
  const script = document.createElement("script");
  script.async = false;
  before(script);
  if (src) script.src = own.createScriptURL(src);
  for (const type of ["load", "error"])
    script.addEventListener(type, event => (window.heard ??= []).push(type + " " + event.target.src.replace(/.*\\//, "")));
  return script;
};
const SCRIPTS = {
  append: script => document.body.append(script),
  appendChild: script => document.head.appendChild(script),
  insertBefore: script => document.body.insertBefore(script, document.body.firstChild),
  replaceChild: script => document.body.replaceChild(script, document.body.appendChild(document.createElement("i"))),
  before: script => document.body.lastChild.before(script),
  nested: script => { const box = document.createElement("div"); box.append(document.createElement("p"), script); document.body.append(box); },
  fragment: script => { const all = new DocumentFragment(); all.append("text", script); document.body.append(all); },
  range: script => { const range = new Range(); range.selectNodeContents(document.body); range.insertNode(script); },
};
const frame = src => Object.assign(document.createElement("iframe"), { src, title: "Frame" });
const FRAMES = {
  append: src => document.body.append(frame(src)),
  inner: src => (document.querySelector("#box").innerHTML = own.createHTML("<p>x</p><iframe title=Frame src='" + src + "'></iframe>")),
  outer: src => { const box = document.body.appendChild(document.createElement("div")); box.outerHTML = own.createHTML("<section><iframe title=Frame src=" + src + "></iframe></section>"); },
  adjacent: src => document.querySelector("#box").insertAdjacentHTML("afterend", own.createHTML('<iframe title="Frame" src="' + src + '"></iframe>')),
  later: src => { const empty = document.body.appendChild(document.createElement("iframe")); empty.title = "Frame"; empty.src = src; },
  attribute: src => { const empty = document.body.appendChild(document.createElement("iframe")); empty.title = "Frame"; empty.setAttribute("src", src); },
  // As frameworks do that keep what they draw in templates.
  cloned: src => { const kept = document.createElement("template"); kept.innerHTML = own.createHTML("<section><iframe title=Frame src='" + src + "'></iframe></section>"); document.body.append(kept.content.cloneNode(true)); },
  imported: src => { const kept = document.createElement("template"); kept.innerHTML = own.createHTML("<iframe title=Frame src='" + src + "'></iframe>"); document.querySelector("#box").replaceChildren(document.importNode(kept.content, true)); },
};
`;
const HTML = `<script src="/app.js"></script><body><div id="box"></div>`;
const FILES = { "/app.js": APP };
const heard = (page: Page) => page.evaluate(() => (window as unknown as { heard?: string[] }).heard ?? []);
/** Runs a line of the page's own code. */
const act = async (page: Page, code: string): Promise<void> => {
  await page.evaluate(code);
};

test("scripts that other scripts put in do not run before they are granted; then once, in document order, and whoever waits for them hears of it", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await probe(page, server, HTML, FILES, policy(elsewhere), script("untagged"));
  await visitor.open("/probe");
  const base = elsewhere.url("stats");
  await act(page, `for (const [name, put] of Object.entries(SCRIPTS)) put(made("${base}/" + name + ".js"))`);
  // Given its address when it is in the page already, by property and by attribute.
  await act(
    page,
    `{ const late = made(""); document.body.append(late); late.src = own.createScriptURL("${base}/late.js"); }`,
  );
  await act(
    page,
    `{ const late = made(""); document.body.append(late); late.setAttribute("src", own.createScriptURL("${base}/attribute.js")); }`,
  );
  await act(
    page,
    `document.body.append(made("${elsewhere.url("ads")}/other.js"), made("${base}/module.js", script => (script.type = "module")))`,
  );
  await page.waitForTimeout(400);
  expect(await ran(page)).toEqual([]);
  expect(elsewhere.asked).toEqual([]);
  const order = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLScriptElement>("script[data-consent=analytics]")].map(
      ({ src }) => new URL(src).pathname,
    ),
  );
  expect(order).toHaveLength(11);

  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await expect.poll(() => ran(page)).toHaveLength(11);
  expect(await ran(page)).toEqual([...order.filter(path => path !== "/module.js"), "/module.js"]);
  await expect.poll(async () => (await heard(page)).length).toBe(11);
  expect((await heard(page)).every(line => line.startsWith("load "))).toBe(true);

  // Granted, what comes is the browser's business alone; withdrawn, it waits again. Nothing runs twice.
  await act(page, `document.body.append(made("${base}/more.js"))`);
  await expect.poll(async () => (await ran(page)).at(-1)).toBe("/more.js");
  await page.evaluate(() => window.consent.withdraw());
  await act(
    page,
    `document.body.append(made("${base}/last.js"), document.querySelector("script[src$='more.js']"))`,
  );
  await page.waitForTimeout(200);
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await expect.poll(async () => (await ran(page)).at(-1)).toBe("/last.js");
  await page.waitForTimeout(200);
  expect(await ran(page)).toHaveLength(13);
  expect(elsewhere.asked.filter(line => line.startsWith("ads"))).toEqual([]);
});

for (const way of ["append", "inner", "outer", "adjacent", "later", "attribute", "cloned", "imported"])
  test(`a frame that comes by ${way} has a placeholder in its place, and loads when it is granted`, async ({
    visitor,
    page,
    server,
    elsewhere,
  }) => {
    await probe(page, server, HTML, FILES, policy(elsewhere), script("untagged"));
    await visitor.open("/probe");
    await visitor.press("reject-all");
    await act(page, `void FRAMES.${way}("${elsewhere.url("video", "/film.html")}")`);
    await expect(page.locator(".consent-placeholder")).toHaveCount(1);
    await page.waitForTimeout(300);
    expect(elsewhere.asked).toEqual([]);
    expect(page.frames()).toHaveLength(2);
    await page.click(".consent-placeholder button >> nth=1"); // always allow: the service alone
    await expect(page.frameLocator("iframe").locator("p")).toHaveText("/film.html");
    expect(elsewhere.asked).toEqual(["video /film.html"]);
    await expect(page.locator(".consent-placeholder")).toHaveCount(0);
    expect(await visitor.granted()).toEqual(["necessary"]);
    await page.evaluate(() => window.consent.withdraw());
    await expect(page.locator(".consent-placeholder")).toHaveCount(1);
  });

test("a site that switches it off has none of it", async ({ visitor, page, server, elsewhere }) => {
  await probe(page, server, HTML, FILES, policy(elsewhere), script("open"));
  await visitor.open("/probe");
  await act(page, `SCRIPTS.append(made("${elsewhere.url("stats")}/a.js"))`);
  await act(page, `FRAMES.append("${elsewhere.url("video", "/film.html")}")`);
  await expect.poll(() => ran(page)).toEqual(["/a.js"]);
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("/film.html");
  await expect(page.locator(".consent-placeholder")).toHaveCount(0);
  expect(await page.evaluate(() => /native code/.test(String(Node.prototype.appendChild)))).toBe(true);
});

test("loaded once, such a frame loads, and ends with the next choice", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await probe(page, server, HTML, FILES, policy(elsewhere), script("untagged"));
  await visitor.open("/probe");
  await act(page, `FRAMES.append("${elsewhere.url("video", "/film.html")}")`);
  await page.click(".consent-placeholder button >> nth=0");
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("/film.html");
  expect(visitor.sent).toEqual([]);
  await visitor.press("reject-all");
  await expect(page.locator(".consent-placeholder")).toHaveCount(1);
});

test("what stands in the page's own text does not run or load; on return it does, where it stands", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  const base = elsewhere.url("stats");
  const html =
    `<iframe title="First" src="${elsewhere.url("video", "/first.html")}"></iframe>` +
    `<script src="${base}/parsed.js"></script><script src="/own.js"></script><script src="${base}/defer.js" defer></script>` +
    `<script src="${base}/async.js" async></script><p id="end">`;
  await probe(
    page,
    server,
    "<body>" + html,
    { "/own.js": logs("own") },
    policy(elsewhere),
    script("untagged"),
  );
  await visitor.open("/probe");
  await expect(page.locator("#end")).toHaveCount(1);
  await page.waitForTimeout(400);
  expect(await ran(page)).toEqual(["own"]);
  await expect(page.locator(".consent-placeholder")).toHaveCount(1);
  expect(page.frames()[1]?.url() ?? "about:blank").toBe("about:blank");

  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await expect.poll(() => ran(page)).toHaveLength(4);
  expect((await ran(page)).filter(name => name !== "/async.js")).toEqual(["own", "/parsed.js", "/defer.js"]);
  await visitor.delivered();
  await page.reload();
  await expect.poll(() => ran(page)).toHaveLength(4);
  expect((await ran(page)).filter(name => name !== "/async.js")).toEqual(["/parsed.js", "own", "/defer.js"]);
});

test("everybody else's scripts and frames come as ever", async ({ visitor, page, server, elsewhere }) => {
  await probe(
    page,
    server,
    HTML,
    { ...FILES, "/own.js": logs("own") },
    policy(elsewhere),
    script("untagged"),
  );
  await visitor.open("/probe");
  await act(page, `for (const put of Object.values(SCRIPTS)) put(made("${elsewhere.url("other")}/a.js"))`);
  await act(page, `document.body.append(made("/own.js"))`);
  await act(page, `FRAMES.inner("${elsewhere.url("other", "/frame.html")}")`);
  await expect.poll(() => ran(page)).toHaveLength(9);
  await expect.poll(async () => (await heard(page)).length).toBe(9);
  await expect(page.frameLocator("iframe").locator("p")).toHaveText("/frame.html");
  // A text's scripts never run, before a grant or after; tables and templates are parsed as what they are.
  const parsed = await page.evaluate(base => {
    const { own } = {
      own: (window as unknown as { trustedTypes: { createPolicy: Function } }).trustedTypes.createPolicy(
        "t",
        { createHTML: (text: string) => text },
      ),
    };
    const row = document.body
      .appendChild(document.createElement("table"))
      .appendChild(document.createElement("tr"));
    row.innerHTML = own.createHTML(`<td>1</td><td><script src="${base}/never.js"></script></td>`);
    const template = document.body.appendChild(document.createElement("template"));
    template.innerHTML = own.createHTML(`<script src="${base}/never.js"></script><b>x</b>`);
    const box = document.createElement("div");
    box.innerHTML = own.createHTML(`<script src="${base}/never.js"></script>`);
    document.body.append(box);
    return [row.cells.length, template.content.childNodes.length, template.childNodes.length];
  }, elsewhere.url("stats"));
  expect(parsed).toEqual([2, 2, 0]);
  await visitor.press("accept-all");
  await page.waitForTimeout(400);
  expect(await ran(page)).toHaveLength(9);
});
