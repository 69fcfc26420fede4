/** Every language: its own words and direction, nothing cut off, equal buttons, no fault found by axe, pictures. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { sound } from "../support/axe.ts";
import { expect, languages, pageIn, test, type Page } from "../support/languages.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser/languages");

/** What of ours does not fit: text wider or taller than its box, boxes that leave the window, sideways scrolling. */
const misfits = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
    for (const part of document.querySelectorAll<HTMLElement>(".consent-ui, .consent-ui *")) {
      const { left, right, width } = part.getBoundingClientRect();
      if (!width || getComputedStyle(part).display === "inline") continue;
      const name = `${part.id || part.className || part.tagName}: ${part.textContent}`;
      if (left < -0.5 || right > innerWidth + 0.5) found.push("outside: " + name);
      if (part.scrollWidth > part.clientWidth + 1 && part.clientWidth) found.push("too wide: " + name);
      if (part.matches("button") && part.scrollHeight > part.clientHeight + 1)
        found.push("too tall: " + name);
    }
    return found;
  });

/** Names in Latin letters of which the point at the end is not at their end, as seen. */
const scattered = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode())
      for (const { index } of text.textContent!.matchAll(/Ltd\./g)) {
        const left = (offset: number) => {
          const range = document.createRange();
          range.setStart(text!, index + offset);
          range.setEnd(text!, index + offset + 1);
          return range.getBoundingClientRect();
        };
        const [letter, point] = [left(0), left(3)];
        if (letter.width && (point.left < letter.left || point.top !== letter.top))
          found.push(text.textContent!);
      }
    return found;
  });

/** The size and look of the two buttons that have to be equals. */
const equals = (page: Page): Promise<unknown[]> =>
  Promise.all(
    ["#consent-accept-all", "#consent-reject-all"].map(id =>
      page.locator(id).evaluate(button => {
        const { width, height, top } = button.getBoundingClientRect();
        const { fontSize, fontWeight, fontFamily, color, backgroundColor } = getComputedStyle(button);
        const inView = top >= 0 && top + height <= innerHeight;
        return {
          width: Math.round(width),
          height: Math.round(height),
          top: Math.round(top),
          inView,
          fontSize,
          fontWeight,
          fontFamily,
          color,
          backgroundColor,
        };
      }),
    ),
  );

for (const language of languages)
  test(`${language}: both layers fit, accept and refuse are equals, axe finds nothing`, async ({
    visitor,
    page,
    server,
  }) => {
    await mkdir(output, { recursive: true });
    await page.emulateMedia({ reducedMotion: "reduce" });
    await pageIn(page, server, language);
    await visitor.open("/probe");
    const banner = page.locator("#consent-banner");
    await expect(banner).toHaveAttribute("lang", language);
    const direction = ["ar", "he"].includes(language) ? "rtl" : "ltr";
    await expect(banner).toHaveAttribute("dir", direction);
    for (const layer of ["first", "second"])
      for (const width of [320, 360, 768, 1280]) {
        await page.setViewportSize({ width, height: width < 700 ? 740 : 800 });
        const where = `${layer} layer at ${width} px`;
        if (layer === "first" && width === 320) await sound(page);
        if (layer === "second" && width === 320) {
          await visitor.press("customise");
          for (const summary of await page.locator("summary").all()) await summary.click();
          await sound(page);
        }
        expect(await misfits(page), where).toEqual([]);
        expect(await scattered(page), where).toEqual([]);
        const [accept, refuse] = await equals(page);
        expect(accept, where).toEqual(refuse);
        expect(accept, where).toMatchObject({ inView: true });
        if (width === 360 || width === 1280)
          await page.screenshot({ path: `${output}/${language}-${layer}-${width}.png` });
      }
    await visitor.press("save");
    await expect(page.locator("#consent-reopen")).toBeVisible();
    expect(await misfits(page), "way back and placeholder").toEqual([]);
    expect(visitor.requested.filter(path => path.endsWith("banner.js"))).toHaveLength(1);
  });
