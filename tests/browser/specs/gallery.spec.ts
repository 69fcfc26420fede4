/** Every layout in every theme: equal buttons, contrast, no fault found by axe; pictures of them all. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { sound } from "../support/axe.ts";
import { contrast } from "../support/contrast.ts";
import { demo, expect, sites, test, type Page, type Visitor } from "../support/gallery.ts";
import { languages } from "../support/languages.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser/gallery");
const SAMPLE = ["en", "de", "ar", "ja"];

test.use({ colorScheme: "light" });
test.beforeEach(async ({ page }) => {
  await mkdir(output, { recursive: true });
  await page.emulateMedia({ reducedMotion: "reduce" });
});

/** All that makes one of two buttons win over the other, and how well its words can be read. */
const look = (page: Page, id: string) =>
  page.locator(id).evaluate(button => {
    const style = getComputedStyle(button);
    const { width, height, top, bottom } = button.getBoundingClientRect();
    return {
      look: [
        style.color,
        style.backgroundColor,
        style.border,
        style.font,
        style.letterSpacing,
        style.textTransform,
        style.padding,
        style.boxShadow,
        style.opacity,
        width.toFixed(1),
        height.toFixed(1),
      ].join(" | "),
      colours: [style.color, style.backgroundColor] as const,
      inView: top >= 0 && bottom <= innerHeight && width >= 24 && height >= 24,
    };
  });

for (const site of sites)
  for (const colorScheme of site.endsWith("auto") || site === "own"
    ? (["light", "dark"] as const)
    : (["light"] as const))
    test(`${site} on a ${colorScheme} system: accept and refuse are equals at every width, axe finds nothing`, async ({
      visitor,
      page,
    }) => {
      await page.emulateMedia({ colorScheme });
      await demo(visitor, site);
      for (const width of [320, 360, 768, 1280]) {
        await page.setViewportSize({ width, height: width < 700 ? 740 : 800 });
        const [accept, refuse] = [
          await look(page, "#consent-accept-all"),
          await look(page, "#consent-reject-all"),
        ];
        expect(accept, `${width} px`).toEqual(refuse);
        expect(accept.inView, `${width} px`).toBe(true);
        expect(contrast(...accept.colours)).toBeGreaterThanOrEqual(4.5);
      }
      await sound(page, "first layer", ".consent-ui");
      await page.locator("#consent-customise").click();
      await page.locator("#consent-settings-dialog").waitFor();
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect(await page.locator("input:checked").count(), "nothing but what is necessary is ticked").toBe(1);
      await page.screenshot({ path: `${output}/second-${site}-${colorScheme}.png` });
      await sound(page, "second layer", ".consent-ui");
      await page.locator("#consent-save").click();
      await page.locator(".consent-placeholder").scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${output}/placeholder-${site}-${colorScheme}.png` });
      await sound(page, "placeholder and the way back", ".consent-ui");
    });

const picture = async (visitor: Visitor, site: string, lang: string, width: number) => {
  const { page } = visitor;
  await page.setViewportSize({ width, height: width === 360 ? 740 : 800 });
  await demo(visitor, site, lang);
  await expect(page.locator("#consent-banner")).toHaveAttribute("lang", lang);
  await page.screenshot({ path: `${output}/${site}-${lang}-${width}.png` });
};

for (const layout of ["bar", "corner", "centre"])
  test(`pictures: a sample of languages, ${layout}`, async ({ visitor }) => {
    for (const [at, lang] of SAMPLE.entries()) {
      await picture(visitor, `${layout}-${at % 2 ? "dark" : "light"}`, lang, 1280);
      await picture(visitor, `${layout}-${at % 2 ? "light" : "dark"}`, lang, 360);
    }
  });

const OTHERS = languages.filter(lang => !SAMPLE.includes(lang));
for (let from = 0; from < OTHERS.length; from += 10) {
  const some = OTHERS.slice(from, from + 10);
  test(`pictures: each language once, ${some.join(" ")}`, async ({ visitor }) => {
    for (const lang of some) await picture(visitor, "corner-light", lang, 360);
  });
}

test("pictures: the site's own colours, from the left and from the right", async ({ visitor }) => {
  for (const lang of ["en", "ar"]) await picture(visitor, "own", lang, 1280);
});

/** Clicks where a visitor would: Playwright's own click leaves out that the gallery shows its frames smaller. */
async function press(page: Page, frame: string, button: string): Promise<void> {
  const inside = page.frameLocator(frame).locator(button);
  await inside.waitFor();
  const { x, y, width } = (await page.locator(frame).boundingBox())!;
  const [left, top, whole] = await inside.evaluate(button => {
    const box = button.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2, innerWidth] as const;
  });
  await page.mouse.click(x + (left * width) / whole, y + (top * width) / whole);
}

/** Opens the gallery with those of its frames alone whose address has all of these words: it has dozens, each a page. */
async function gallery(visitor: Visitor, ...words: string[]): Promise<void> {
  await visitor.page.route("**/demo.html?*", route =>
    words.every(word => route.request().url().includes(word)) ? route.continue() : route.abort(),
  );
  await visitor.open("/");
}

const choose = async (page: Page, theme: string, language: string) => {
  await page.getByLabel("Theme").selectOption(theme);
  await page.getByRole("combobox", { name: "Language" }).selectOption(language);
};

for (const layout of ["bar", "corner", "centre"])
  test(`the gallery shows the ${layout} on two widths, in the theme and the language that are chosen`, async ({
    visitor,
    page,
  }) => {
    await gallery(visitor, `site=${layout}-dark`, "lang=ar");
    await choose(page, "dark", "ar");
    for (const device of ["desk", "telephone"]) {
      const frame = `#layouts iframe[title^='${layout}-dark'][title$='${device}']`;
      await page.locator(frame).scrollIntoViewIfNeeded(); // frames are loaded when they come into sight
      const banner = page.frameLocator(frame).locator("#consent-banner");
      await expect(banner).toHaveAttribute("dir", "rtl");
      await expect(banner).toHaveAttribute("data-theme", "dark");
      await expect(banner).toHaveAttribute("data-position", layout);
    }
  });

test("the gallery has a frame for each language, layer and theme, and the site with its own colours", async ({
  visitor,
  page,
}) => {
  await gallery(visitor, "nothing");
  const frames = (part: string) =>
    page.locator(`#${part} iframe`).evaluateAll(all =>
      all.map(frame => {
        const { searchParams } = new URL((frame as HTMLIFrameElement).src);
        return ["site", "lang", "layer"].map(name => searchParams.get(name)).join(" ");
      }),
    );
  const twice = (site: string, rest: string) => [`${site} ${rest}`, `${site} ${rest}`];
  for (const layer of ["first", "second", "placeholder"]) {
    await page.getByLabel("Layer").selectOption(layer);
    for (const theme of ["auto", "light", "dark"]) {
      await choose(page, theme, "de");
      expect(await frames("layouts")).toEqual(
        ["bar", "corner", "centre"].flatMap(layout => twice(`${layout}-${theme}`, `de ${layer}`)),
      );
      expect(await frames("languages")).toEqual(languages.map(lang => `bar-${theme} ${lang} ${layer}`));
    }
    await choose(page, "own", "de");
    expect(await frames("layouts")).toEqual(twice("own", `de ${layer}`));
    expect(await frames("languages")).toEqual(["en", "fr", "de", "ar"].map(lang => `own ${lang} ${layer}`));
  }
});

test("nothing that is pressed in the gallery is recorded", async ({ visitor, page }) => {
  await gallery(visitor, "site=bar-auto", "lang=en");
  const frame = "#layouts iframe[title^='bar-auto'][title$='desk']";
  await press(page, frame, "#consent-accept-all");
  await expect(page.frameLocator(frame).locator("#consent-banner")).toHaveCount(0);
  expect(await page.context().cookies()).toEqual([]);
});
