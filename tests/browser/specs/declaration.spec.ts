/** What a site declares: on a page of the server's that needs no script, and as a table in a page of the site's own. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { sound } from "../support/axe.ts";
import { expect, sites, test, type Page } from "../support/gallery.ts";
import { probe, STRICT } from "../support/probe.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser/declaration");
const at = (site: string, query: string, kind = "html") => `/v1/sites/${site}/declaration.${kind}?${query}`;

/** How far the page, or what stands in it, could be scrolled sideways. */
const sideways = (page: Page) =>
  page.evaluate(() =>
    Math.max(
      ...[...document.querySelectorAll("*")]
        .filter(one => one.checkVisibility()) // not what a closed list has
        .map(one => {
          const { left, right } = one.getBoundingClientRect();
          return Math.max(right - innerWidth, -left);
        }),
    ),
  );

test.beforeEach(async ({ page }) => {
  await mkdir(output, { recursive: true });
  await page.emulateMedia({ reducedMotion: "reduce" });
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the page says all, and leads to the other languages and to the evidence", async ({
    page,
    server,
  }) => {
    await page.goto(server.url + at("own", "lang=en&region=US-CA"));
    await expect(page.locator("h1")).toHaveText("Cookie declaration");
    await expect(page.locator("h2")).toHaveText([
      ...["Necessary", "Functional", "Analytics", "Performance", "Advertising"],
    ]);
    const table = page.getByRole("table", { name: "Moving Pictures" });
    await expect(table.getByRole("columnheader")).toHaveText([
      "Name",
      "Kind",
      "Owner",
      "Purpose",
      "Duration",
    ]);
    await expect(table.getByRole("rowheader")).toHaveText("film_volume");
    await expect(table.getByRole("cell")).toHaveText([
      ...["Local storage", "Moving Pictures Ltd.", "Remembers the volume.", "1 year"],
    ]);
    await page.getByRole("link", { name: "Français" }).click();
    await expect(page.locator("html")).toHaveAttribute("lang", "fr");
    expect(page.url()).toContain("region=US-CA");
    await expect(page.locator("h1")).toHaveText("Déclaration des cookies");
    await page.locator(".facts code").click();
    await expect(page.locator("h1")).toContainText("own");
  });
});

for (const [site, lang] of [
  ["own", "en"],
  ["own", "ar"],
  ["bar-auto", "de"],
  ["bar-dark", "ja"],
] as const)
  for (const colorScheme of ["light", "dark"] as const)
    test(`${site} in ${lang}, ${colorScheme}: no fault found by axe, nothing scrolls sideways; pictures`, async ({
      visitor,
      page,
    }) => {
      await page.emulateMedia({ colorScheme });
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        await visitor.open(at(site, "lang=" + lang));
        await expect(page.locator("html")).toHaveAttribute("dir", lang === "ar" ? "rtl" : "ltr");
        const summary = page.locator("nav summary");
        expect(await summary.count()).toBe(site === "own" ? 0 : 1);
        if (await summary.count()) {
          await summary.click();
          expect(await sideways(page), `${width} px, languages open`).toBeLessThanOrEqual(0);
          await sound(page, "languages open");
          await summary.click();
        }
        expect(await sideways(page), `${width} px`).toBeLessThanOrEqual(0);
        await sound(page);
        const fromTheLeft = await page.locator("h1").evaluate(head => {
          const range = document.createRange();
          range.selectNodeContents(head);
          const [box, text] = [head.getBoundingClientRect(), range.getBoundingClientRect()];
          return text.left - box.left <= box.right - text.right;
        });
        expect(fromTheLeft, "text begins where the language does").toBe(lang !== "ar");
        // For people who hear it, a card is a row of a table still.
        await expect(page.getByRole("rowheader").first()).toBeVisible();
        expect(await page.getByRole("columnheader").count()).toBeGreaterThan(4);
        await page.screenshot({
          path: `${output}/${site}-${lang}-${width}-${colorScheme}.png`,
          fullPage: true,
        });
      }
    });

test("on paper it is dark on light, whatever the theme", async ({ visitor, page }) => {
  await page.emulateMedia({ colorScheme: "dark", media: "print" });
  for (const site of ["bar-dark", "own"]) {
    await visitor.open(at(site, "lang=en"));
    const colours = await page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return [backgroundColor, color];
    });
    expect(colours).toEqual(["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
    await expect(page.locator("nav")).toBeHidden();
  }
  await page.setViewportSize({ width: 794, height: 1123 });
  await page.screenshot({ path: `${output}/print.png`, fullPage: true });
});

test("every site of the gallery has one, and its colours are those of the banner", async ({
  visitor,
  page,
}) => {
  for (const site of sites) {
    await visitor.open(at(site, "lang=en"));
    const theme = site.split("-")[1] ?? "auto";
    await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(paper).toBe(
      site === "own" ? "rgb(255, 250, 243)" : theme === "dark" ? "rgb(23, 25, 30)" : "rgb(255, 255, 255)",
    );
  }
});

/** A page of the site's own, with the two lines of the README. */
const PLACE =
  `<meta name="viewport" content="width=device-width"></head><body><main><h1>Privacy</h1><h2>Cookies</h2>` +
  `<div data-consent-declaration><a href="/v1/sites/own/declaration.html">Cookies</a></div>` +
  `<div data-consent-declaration="news">Another site’s</div></main>`;
const table = (query = "lang=en") =>
  `<script src="${at("own", query, "js").replaceAll("&", "&amp;")}" defer></script>`;

for (const lang of ["en", "ar"])
  for (const width of [360, 1280])
    test(`a table in a page of the site's own: ${lang}, ${width} px, under a strict policy`, async ({
      visitor,
      page,
      server,
    }) => {
      await page.setViewportSize({ width, height: 800 });
      const policy = `${STRICT}; require-trusted-types-for 'script'; trusted-types 'none'`;
      await probe(page, server, PLACE, {}, policy, table("lang=" + lang));
      await visitor.open("/probe");
      const place = page.locator(".consent-declaration");
      await expect(place).toHaveCount(1);
      await expect(place).toHaveAttribute("dir", lang === "ar" ? "rtl" : "ltr");
      await expect(place.locator("h3")).toHaveCount(5);
      await expect(place.locator("h4")).toHaveCount(2);
      const cells = place.getByRole("row", { name: "film_volume" }).getByRole("cell");
      if (lang === "en")
        await expect(cells).toHaveText([
          ...["Local storage", "Moving Pictures Ltd.", "Remembers the volume.", "1 year"],
        ]);
      await expect(place.getByRole("link", { name: "Counter Ltd." })).toHaveAttribute(
        "href",
        "https://counter.example/privacy",
      );
      await expect(page.locator('[data-consent-declaration="news"]')).toHaveText("Another site’s");
      expect(await sideways(page)).toBeLessThanOrEqual(0);
      await sound(page, "the table", ".consent-declaration");
      expect(visitor.requested).toEqual(["/probe", "/v1/sites/own/declaration.js"]);
      await page.screenshot({ path: `${output}/table-${lang}-${width}.png`, fullPage: true });
    });

test("the table and the page say the same", async ({ visitor, page, server }) => {
  const said = (where: string) =>
    page
      .locator(`${where} :is(th, td, dt, dd, h2, h3, h4, p)`)
      .evaluateAll(all => all.map(one => one.textContent));
  await visitor.open(at("own", "lang=fr"));
  const shown = await said("main > section");
  expect(shown.length).toBeGreaterThan(40);
  await probe(page, server, PLACE, {}, STRICT, table("lang=fr"));
  await visitor.open("/probe");
  await expect(page.locator(".consent-declaration")).toHaveCount(1);
  expect(await said(".consent-declaration")).toEqual(shown);
});

test("without scripts the place leads to the page", async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await probe(page, server, PLACE, {}, STRICT, table());
  await page.goto(server.url + "/probe");
  await page.getByRole("link", { name: "Cookies" }).click();
  await expect(page.locator("h1")).toHaveText("Cookie declaration");
  await context.close();
});

test("headings begin where the page says", async ({ visitor, page, server }) => {
  await probe(
    page,
    server,
    PLACE.replace("declaration>", 'declaration data-level="2">'),
    {},
    STRICT,
    table(),
  );
  await visitor.open("/probe");
  await expect(page.locator(".consent-declaration h2")).toHaveCount(5);
  await expect(page.locator(".consent-declaration h3")).toHaveCount(2);
});
