/** Every layout in every theme: equal buttons, contrast, no fault found by axe; pictures of them all. */
import { AxeBuilder } from "@axe-core/playwright";
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { demo, expect, sites, test, type Page } from "../support/gallery.ts";
import { languages } from "../support/languages.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser/gallery");
const SAMPLE = ["en", "de", "ar", "ja"];

test.use({ colorScheme: "light" });
test.beforeEach(async ({ page }) => {
  await mkdir(output, { recursive: true });
  await page.emulateMedia({ reducedMotion: "reduce" });
});

async function sound(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include(".consent-ui").analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`),
    where,
  ).toEqual([]);
}

/** All that makes one of two buttons win over the other, and how well its words can be read. */
const look = (page: Page, id: string) =>
  page.locator(id).evaluate(button => {
    const style = getComputedStyle(button);
    const luminance = (colour: string) => {
      const [red, green, blue] = colour.match(/[\d.]+/g)!.map(value => {
        const part = Number(value) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const [dark, light] = [luminance(style.color), luminance(style.backgroundColor)].sort((a, b) => a - b);
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
      contrast: (light! + 0.05) / (dark! + 0.05),
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
        expect(accept.contrast).toBeGreaterThanOrEqual(4.5);
      }
      await sound(page, "first layer");
      await page.locator("#consent-customise").click();
      await page.locator("#consent-settings-dialog").waitFor();
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect(await page.locator("input:checked").count(), "nothing but what is necessary is ticked").toBe(1);
      await page.screenshot({ path: `${output}/second-${site}-${colorScheme}.png` });
      await sound(page, "second layer");
      await page.locator("#consent-save").click();
      await page.locator(".consent-placeholder").scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${output}/placeholder-${site}-${colorScheme}.png` });
      await sound(page, "placeholder and the way back");
    });

test("pictures: a sample of languages in every layout, each language once", async ({ visitor, page }) => {
  test.setTimeout(240_000);
  const picture = async (site: string, lang: string, width: number) => {
    await page.setViewportSize({ width, height: width === 360 ? 740 : 800 });
    await demo(visitor, site, lang);
    await expect(page.locator("#consent-banner")).toHaveAttribute("lang", lang);
    await page.screenshot({ path: `${output}/${site}-${lang}-${width}.png` });
  };
  for (const layout of ["bar", "corner", "centre"])
    for (const [at, lang] of SAMPLE.entries()) {
      await picture(`${layout}-${at % 2 ? "dark" : "light"}`, lang, 1280);
      await picture(`${layout}-${at % 2 ? "light" : "dark"}`, lang, 360);
    }
  for (const lang of languages) if (!SAMPLE.includes(lang)) await picture("corner-light", lang, 360);
  for (const lang of ["en", "ar"]) await picture("own", lang, 1280);
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

test("the gallery shows all of it, and nothing that is pressed there is recorded", async ({
  visitor,
  page,
}) => {
  test.setTimeout(240_000); // hundreds of frames, each with a script and a notice of its own
  await visitor.open("/");
  const frame = page.frameLocator("iframe[title^='bar-auto'][title$='desk']");
  await press(page, "iframe[title^='bar-auto'][title$='desk']", "#consent-accept-all");
  await expect(frame.locator("#consent-banner")).toHaveCount(0);
  await page.getByLabel("Theme").selectOption("dark");
  await page.getByRole("combobox", { name: "Language" }).selectOption("ar");
  // Frames are loaded when they come into sight, and there are many.
  await page.locator("iframe[title^='centre-dark'][title$='desk']").scrollIntoViewIfNeeded();
  await expect(
    page.frameLocator("iframe[title^='centre-dark'][title$='desk']").locator("#consent-banner"),
  ).toHaveAttribute("dir", "rtl", { timeout: 40_000 });
  await expect(page.locator("#languages iframe")).toHaveCount(languages.length);
  expect(await page.context().cookies()).toEqual([]);
});
