/** Everybody can use it: by keyboard, by screen reader, in every theme and width. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { sound } from "../support/axe.ts";
import { contrast } from "../support/contrast.ts";
import { expect, test, type Page } from "../support/test.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser");

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
      await sound(page);
      await visitor.press("customise");
      await page.mouse.move(1, 1);
      await page.screenshot({ path: `${output}/second-${width}-${colorScheme}.png` });
      await sound(page);
      for (const summary of await page.locator("summary").all()) await summary.click();
      await visitor.toggle("analytics");
      await page.locator("#consent-toggle-analytics").scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${output}/second-open-${width}-${colorScheme}.png` });
      await sound(page);
      await visitor.press("save");
      await page.locator(".consent-placeholder").scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${output}/placeholder-${width}-${colorScheme}.png` });
      await sound(page);
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
  const enter = async () => {
    await page.keyboard.press("Enter");
    await expect.poll(focused).toBe("consent-settings-title"); // the second layer has to be fetched
  };
  await enter();
  await page.keyboard.press("Escape");
  await expect.poll(focused).toBe("consent-customise");
  await enter();
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

/** What shows that the focused control is focused. */
const ring = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement!;
    if (!at.closest(".consent-ui")) return null; // what the page does is its own affair
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(at);
    let behind = at.parentElement!;
    while (/, 0\)$/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement!;
    const { backgroundColor } = getComputedStyle(behind);
    return { name: at.id || at.outerHTML, outlineStyle, outlineWidth, outlineColor, backgroundColor };
  });

for (const colorScheme of ["light", "dark"] as const)
  test(`whatever the keyboard reaches shows that it is reached, ${colorScheme}`, async ({
    visitor,
    page,
  }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const reached = async (layer: string, stops: number) => {
      const names = new Set<string>();
      for (let stop = 0; stop < stops; stop++) {
        await page.keyboard.press("Tab");
        const at = await ring(page);
        if (!at) continue;
        const { name, outlineStyle, outlineWidth, outlineColor, backgroundColor } = at;
        names.add(name);
        expect(outlineStyle, name).toBe("solid");
        expect(parseFloat(outlineWidth), name).toBeGreaterThanOrEqual(2);
        expect(contrast(outlineColor, backgroundColor), name).toBeGreaterThanOrEqual(3);
      }
      return [layer, ...names];
    };
    await visitor.open();
    await expect(page.locator("#consent-banner")).toBeVisible();
    expect(await reached("first", 6)).toEqual(
      expect.arrayContaining([
        "consent-reject-all",
        "consent-accept-all",
        "consent-customise",
        "consent-vendors-link",
      ]),
    );
    await visitor.press("customise");
    const toggles = ["functional", "analytics", "performance", "advertisement"].map(
      name => "consent-toggle-" + name,
    );
    expect(await reached("second", 24)).toEqual(
      expect.arrayContaining([
        "consent-close",
        ...toggles,
        "consent-save",
        "consent-reject-all",
        "consent-accept-all",
      ]),
    );
    await visitor.press("save");
    await page.locator("article").evaluate(article => ((article as HTMLElement).tabIndex = -1));
    await page.locator("article").focus();
    expect(
      (await reached("placeholder", 20)).filter(name => /placeholder-\d+-(once|allow)/.test(name)),
    ).toHaveLength(2);
  });

test("a screen reader is told what each control is called, what it is for, and how it stands", async ({
  visitor,
  page,
  server,
}) => {
  const { texts, categories } = await (await fetch(server.url + "/v1/sites/newsroom/notice?lang=fr")).json();
  await visitor.open();
  const first = page.getByRole("dialog", { name: texts.title, exact: true });
  await expect(first).toHaveAccessibleDescription(texts.body);
  await expect(first).toHaveAttribute("lang", "fr");
  for (const name of [texts.accept_all, texts.reject_all, texts.customise, texts.vendors_title])
    await expect(first.getByRole("button", { name, exact: true })).toBeVisible();
  await visitor.press("customise");
  const second = page.getByRole("dialog", { name: texts.settings_title, exact: true });
  await expect(second).toBeVisible();
  await expect(first).toHaveCount(0); // one at a time
  for (const { category, title, description } of categories) {
    const control = second.getByRole("switch", { name: title, exact: true });
    if (category === "necessary") {
      await expect(control).toHaveCount(0); // nothing to move, so no control: words
      const section = second.getByRole("region", { name: title, exact: true });
      await expect(section.getByText(texts.always_active, { exact: true })).toBeVisible();
    } else {
      await expect(control).not.toBeChecked();
      await expect(control).toHaveAccessibleDescription(description);
    }
    await expect(second.getByRole("heading", { name: title, exact: true, level: 3 })).toBeVisible();
  }
  for (const name of [texts.close, texts.save, texts.accept_all, texts.reject_all])
    await expect(second.getByRole("button", { name, exact: true })).toBeVisible();
});

test("axe finds nothing in the second layer of somebody who has chosen, with the way to the receipt", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  await visitor.press("accept-all");
  await visitor.delivered();
  await page.evaluate(() => window.consent.open());
  await expect(page.locator("#consent-receipt")).toBeVisible();
  await sound(page, "the second layer with the receipt", ".consent-ui");
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
