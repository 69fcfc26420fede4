/** Everybody can use it: by keyboard, by screen reader, in every theme and width. */
import { AxeBuilder } from "@axe-core/playwright";
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, test, type Page } from "../support/test.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser");

async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}

for (const colorScheme of ["light", "dark"] as const)
  for (const width of [360, 1280]) {
    test(`both layers, ${width} px, ${colorScheme}: no fault found by axe; pictures`, async ({
      visitor,
      page,
    }) => {
      await mkdir(output, { recursive: true });
      await page.setViewportSize({ width, height: width === 360 ? 740 : 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await visitor.open();
      await expect(page.locator("#consent-banner")).toBeVisible();
      await page.screenshot({ path: `${output}/first-${width}-${colorScheme}.png` });
      expect(await faults(page)).toEqual([]);
      await visitor.press("customise");
      await page.mouse.move(1, 1);
      await page.screenshot({ path: `${output}/second-${width}-${colorScheme}.png` });
      expect(await faults(page)).toEqual([]);
      for (const summary of await page.locator("summary").all()) await summary.click();
      await visitor.toggle("analytics");
      await page.locator("#consent-toggle-analytics").scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${output}/second-open-${width}-${colorScheme}.png` });
      expect(await faults(page)).toEqual([]);
      await visitor.press("save");
      await page.locator(".consent-placeholder").scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${output}/placeholder-${width}-${colorScheme}.png` });
      expect(await faults(page)).toEqual([]);
    });
  }

test("by keyboard alone: into the settings, one toggle, saved, and back again", async ({ visitor, page }) => {
  const focused = () => page.evaluate(() => document.activeElement?.id ?? "");
  const tabTo = async (id: string) => {
    for (let stops = 0; (await focused()) !== id; stops++) {
      expect(stops, "stops before " + id).toBeLessThan(40);
      await page.keyboard.press("Tab");
    }
  };
  await visitor.open();
  await expect(page.locator("#consent-banner")).toBeVisible();
  expect(await focused()).toBe(""); // the banner takes no focus
  await tabTo("consent-customise");
  await page.keyboard.press("Enter");
  expect(await focused()).toBe("consent-settings-title");
  await page.keyboard.press("Escape");
  await expect.poll(focused).toBe("consent-customise");
  await page.keyboard.press("Enter");
  await tabTo("consent-toggle-analytics");
  await page.keyboard.press("Space");
  await tabTo("consent-save");
  await page.keyboard.press("Enter");
  await expect.poll(() => visitor.granted()).toEqual(["necessary", "analytics"]);

  const link = page.locator("footer").getByRole("link", { name: "Cookies" });
  await link.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("#consent-toggle-analytics")).toBeChecked();
  await page.keyboard.press("Escape");
  await expect(link).toBeFocused();
  expect(visitor.sent).toHaveLength(1);
});

test("Tab stays in the second layer, both ways", async ({ visitor, page }) => {
  await visitor.open();
  await visitor.press("customise");
  for (const key of ["Shift+Tab", "Tab"]) {
    const seen = new Set<string>();
    for (let stop = 0; stop < 40; stop++) {
      await page.keyboard.press(key);
      const inside = await page.evaluate(
        () =>
          !!document.activeElement?.closest("#consent-settings-dialog") && document.activeElement.outerHTML,
      );
      expect(inside, `${key} ${stop}`).toBeTruthy();
      seen.add(String(inside));
    }
    expect(seen.size).toBeGreaterThanOrEqual(12);
  }
});

for (const [width, height] of [
  [320, 640],
  [768, 1024],
  [1280, 800],
  [1920, 1080],
] as const)
  for (const colorScheme of ["light", "dark"] as const)
    test(`accept and refuse are equals at ${width} px, ${colorScheme}`, async ({ visitor, page }) => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await visitor.open();
      const look = (id: string) =>
        page.locator(id).evaluate(button => {
          const { color, backgroundColor, borderColor, fontSize, fontWeight, fontFamily, padding } =
            getComputedStyle(button);
          const { width, height, top, bottom } = button.getBoundingClientRect();
          const inView = top >= 0 && bottom <= innerHeight;
          return {
            color,
            backgroundColor,
            borderColor,
            fontSize,
            fontWeight,
            fontFamily,
            padding,
            width,
            height,
            inView,
          };
        });
      const accept = await look("#consent-accept-all");
      expect(accept).toEqual(await look("#consent-reject-all"));
      expect(accept.inView).toBe(true);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    });

test("nothing moves: no layout shift when the banner comes and goes", async ({ visitor, page }) => {
  await page.addInitScript(() => {
    const seen = window as unknown as { shift: number };
    seen.shift = 0;
    new PerformanceObserver(list => {
      for (const entry of list.getEntries() as unknown as { value: number; sources: { node?: Node }[] }[]) {
        // The page's own panel grows as scripts run; everything else has to stay where it is.
        const ours = entry.sources.some(({ node }) => !(node as Element | undefined)?.closest?.(".panel"));
        if (ours) seen.shift += entry.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await visitor.open();
  await page.waitForTimeout(600);
  await visitor.press("accept-all");
  await page.waitForTimeout(600);
  expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThan(0.001);
});
