/** What was shown can be shown again, offline and from the bundle alone; and how often it was is in the log. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { strFromU8, unzipSync } from "fflate";
import { expect, test, type Page } from "../support/test.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser");

/** Everything that a visitor can read, press or move in what the script put onto the page. */
const seen = (page: Page) =>
  page.evaluate(() =>
    // Placeholders belong to the page: a bundle has none.
    [...document.querySelectorAll(".consent-ui:not(.consent-placeholder)")].map(part => ({
      id: part.id,
      direction: [part.getAttribute("dir"), part.getAttribute("lang"), part.getAttribute("data-position")],
      text: (part as HTMLElement).innerText,
      everything: part.textContent,
      controls: [...part.querySelectorAll("button, a, input, summary")].map(control => {
        const { width, height } = control.getBoundingClientRect();
        return {
          id: control.id,
          text: control.textContent,
          name: control.getAttribute("aria-label"),
          checked: (control as HTMLInputElement).checked,
          disabled: (control as HTMLInputElement).disabled,
          large: width > 0 && height > 0,
        };
      }),
      marked: part.querySelectorAll("h2, h3, p, td, th, code, li").length,
    })),
  );

async function unpack(bundle: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "consent-bundle-"));
  for (const [name, bytes] of Object.entries(unzipSync(bundle))) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  return folder;
}

/** Both layers, one after the other. */
async function layers(page: Page) {
  await expect(page.locator("#consent-banner")).toBeVisible();
  const first = await seen(page);
  await page.click("#consent-customise");
  await expect(page.locator("#consent-settings-dialog")).toBeVisible();
  for (const summary of await page.locator("#consent-settings-dialog summary").all()) await summary.click();
  return [first, await seen(page)];
}

for (const language of ["fr", "en"])
  for (const width of [360, 1280])
    test(`the page in the bundle shows what a visitor saw: ${language}, ${width} px`, async ({
      visitor,
      page,
      server,
      browser,
    }) => {
      await mkdir(output, { recursive: true });
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ reducedMotion: "reduce" });
      await visitor.open("/?lang=" + language);
      const real = await layers(page);
      const answer = await fetch(`${server.url}/v1/sites/newsroom/notice?lang=${language}`);
      const { notice_id: id } = (await answer.json()) as { notice_id: string };
      const folder = await unpack(await server.bundle()); // it ends the server

      const context = await browser.newContext({
        viewport: { width, height: 800 },
        reducedMotion: "reduce",
        offline: true,
        locale: "fr-FR",
      });
      try {
        const offline = await context.newPage();
        const [requested, wrong]: string[][] = [[], []];
        offline.on("request", request => requested!.push(request.url()));
        offline.on("pageerror", error => wrong!.push(error.message));
        offline.on("console", message => message.type() === "error" && wrong!.push(message.text()));
        const address = pathToFileURL(join(folder, "notices", id + ".html")).href;
        await offline.goto(address);
        const again = await layers(offline);
        expect(again).toEqual(real);
        await offline.keyboard.press("Escape");
        await expect(offline.locator("#consent-banner")).toBeVisible();
        await offline.screenshot({ path: `${output}/shown-again-${language}-${width}.png` });
        await expect(offline.locator("main")).toContainText(id);
        await expect(offline.locator("main")).toContainText("no choice made on this page is recorded");

        // Whatever is pressed: nothing is kept and nothing is sent, and the page begins anew.
        for (const button of ["accept-all", "reject-all"]) {
          await offline.goto(address);
          await offline.click("#consent-" + button);
          await expect(offline.locator("#consent-banner")).toHaveCount(0);
          const kept = () => [document.cookie, localStorage.length, sessionStorage.length];
          expect(await offline.evaluate(kept)).toEqual(["", 0, 0]);
        }
        await offline.goto("about:blank");
        await offline.goto(address + "#consent-settings");
        await expect(offline.locator("#consent-settings-dialog")).toBeVisible();
        await offline.screenshot({ path: `${output}/shown-again-settings-${language}-${width}.png` });
        expect(requested!.filter(url => !/^(file|about|data):/.test(url))).toEqual([]);
        expect(wrong).toEqual([]);
      } finally {
        await context.close();
        await rm(folder, { recursive: true });
      }
    });

test("the page runs the script under a policy that would refuse another one", async ({ server, browser }) => {
  const files = unzipSync(await server.bundle());
  const folder = await unpack(await Promise.resolve((await import("fflate")).zipSync(files)));
  const context = await browser.newContext({ offline: true });
  try {
    const name = Object.keys(files).find(file => file.endsWith(".html"))!;
    const file = join(folder, name);
    await writeFile(file, strFromU8(files[name]!).replace("var __CONSENT", "var doctored=1,__CONSENT"));
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    expect(await page.evaluate(() => "doctored" in window)).toBe(false);
    await expect(page.locator("#consent-banner")).toHaveCount(0);
  } finally {
    await context.close();
    await rm(folder, { recursive: true });
  }
});

test("displays are counted for those who have not chosen, without anything of theirs, and stand in the log", async ({
  visitor,
  page,
  server,
}) => {
  await visitor.open();
  await expect.poll(() => visitor.shown.length).toBe(1);
  const [request] = visitor.shown;
  const headers = await request!.allHeaders();
  expect(headers["cookie"]).toBeUndefined();
  expect(request!.postData()).toMatch(/^[\w-]{43}$/);
  expect((await request!.response())!.status()).toBe(204);
  expect(await visitor.storageKeys()).toEqual([]);
  expect(await visitor.cookieNames()).toEqual([]);

  // The second layer and back is not another display; a new page is.
  await visitor.press("customise");
  await page.keyboard.press("Escape");
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(visitor.shown).toHaveLength(1);
  await page.reload();
  await expect.poll(() => visitor.shown.length).toBe(2);
  await visitor.press("reject-all");
  await visitor.delivered();
  await page.reload();
  await page.waitForLoadState("load");
  await visitor.open("/?lang=en");
  await page.waitForLoadState("load");
  expect(visitor.shown, "who has chosen is shown nothing").toHaveLength(2);

  await server.down(); // which writes what was counted
  await server.up();
  await server.bundle();
  const { shown } = await server.report();
  const fr = shown.find(({ language }) => language === "fr")!;
  expect(fr).toMatchObject({ shown: 2, decisions: 1, denied_all: 1, granted_all: 0, granted_some: 0 });
  expect(shown.find(({ language }) => language === "en")).toMatchObject({ shown: 0, decisions: 0 });
});

test("a tab in the background has shown nothing until it is looked at", async ({ visitor, page, server }) => {
  await page.addInitScript(() => {
    Object.defineProperty(document, "hidden", { get: () => !("looked" in window), configurable: true });
  });
  await page.goto(server.url + "/");
  await expect(page.locator("#consent-banner")).toBeVisible();
  await page.waitForTimeout(300);
  expect(visitor.shown).toHaveLength(0);
  await page.evaluate(() => {
    Object.assign(window, { looked: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect.poll(() => visitor.shown.length).toBe(1);
});

test("pictures of every notice are made by a local Chromium and are in the signed bundle", async ({
  server,
}) => {
  test.setTimeout(120_000);
  expect(await server.snapshot()).toContain("16 pictures of 2 notices");
  expect(await server.snapshot(), "they are there already").toContain("0 pictures");
  const files = unzipSync(await server.bundle());
  const pictures = Object.entries(files).filter(([name]) => name.endsWith(".png"));
  expect(pictures).toHaveLength(16);
  await mkdir(output, { recursive: true });
  for (const [name, bytes] of pictures) {
    const view = name.slice("notices/".length + 43, -".png".length);
    const width = new DataView(bytes.buffer, bytes.byteOffset).getUint32(16);
    expect(String(width)).toBe(/\d+/.exec(view)![0]);
    expect(bytes.length, "not an empty page").toBeGreaterThan(20_000);
    await writeFile(
      join(output, `snapshot-${name.slice("notices/".length, "notices/".length + 6)}${view}.png`),
      bytes,
    );
  }
});
