/** Other layouts, writing directions, zoom, colours, motion and paper. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { sound } from "../support/axe.ts";
import { probe, script, STRICT } from "../support/probe.ts";
import { expect, test, type Page } from "../support/test.ts";
import type { Server } from "../support/server.ts";

const output = resolve(import.meta.dirname, "../../../test-output/browser");
const FRAME =
  `<body><main><h1>Probe</h1><iframe data-consent="functional" data-src="/frame" title="A film about tramways" ` +
  `width="280" height="180"></iframe></main>`;

test.use({ config: resolve(import.meta.dirname, "../fixtures/layouts.toml") });

const site = (page: Page, server: Server, id: string, html = FRAME) =>
  probe(page, server, html, {}, STRICT, `<meta name="viewport" content="width=device-width">${script(id)}`);

const box = async (page: Page, selector: string) => (await page.locator(selector).boundingBox())!;

for (const id of ["corner", "centre"])
  for (const width of [320, 1280])
    test(`${id} at ${width} px: inside the window, equal buttons, a way back; pictures`, async ({
      visitor,
      page,
      server,
    }) => {
      await mkdir(output, { recursive: true });
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ reducedMotion: "reduce" });
      await site(page, server, id);
      await visitor.open("/probe");
      const banner = await box(page, "#consent-banner");
      await page.screenshot({ path: `${output}/${id}-${width}.png` });
      expect(banner.x).toBeGreaterThanOrEqual(0);
      expect(banner.y).toBeGreaterThanOrEqual(0);
      expect(banner.x + banner.width).toBeLessThanOrEqual(width);
      expect(banner.y + banner.height).toBeLessThanOrEqual(800);
      if (width === 1280) {
        const middle = banner.x + banner.width / 2;
        if (id === "centre") expect(middle).toBeCloseTo(640, 0);
        else expect(banner.x + banner.width).toBeGreaterThan(1200);
      }
      const accept = await box(page, "#consent-accept-all");
      const reject = await box(page, "#consent-reject-all");
      expect([accept.y, accept.width, accept.height]).toEqual([reject.y, reject.width, reject.height]);
      await sound(page);
      await visitor.press("customise");
      await page.screenshot({ path: `${output}/${id}-second-${width}.png` });
      await sound(page);
      await visitor.press("save");
      await expect(page.locator("#consent-reopen")).toBeVisible();
      await page.screenshot({ path: `${output}/${id}-reopen-${width}.png` });
      await sound(page);
      await visitor.press("reopen");
      await expect(page.locator("#consent-settings-dialog")).toBeVisible();
      await page.keyboard.press("Escape");
      await expect(page.locator("#consent-reopen")).toBeFocused();
    });

test("from the right: order, toggles, close button and the way back are mirrored", async ({
  visitor,
  page,
  server,
}) => {
  await site(page, server, "centre");
  await visitor.open("/probe");
  await expect(page.locator("#consent-banner")).toHaveAttribute("dir", "rtl");
  const accept = await box(page, "#consent-accept-all");
  const reject = await box(page, "#consent-reject-all");
  expect(accept.x).toBeLessThan(reject.x);
  await visitor.press("customise");
  const dialog = await box(page, "#consent-settings-dialog");
  const middle = dialog.x + dialog.width / 2;
  expect((await box(page, "#consent-close")).x).toBeLessThan(middle);
  expect((await box(page, "#consent-toggle-analytics")).x).toBeLessThan(middle);
  const knob = () =>
    page.locator("#consent-toggle-analytics").evaluate(input => getComputedStyle(input, "::before").right);
  const off = parseFloat(await knob());
  await page.emulateMedia({ reducedMotion: "reduce" });
  await visitor.toggle("analytics");
  expect(parseFloat(await knob())).toBeGreaterThan(off); // it moved to the left
  await visitor.press("save");
  expect((await box(page, "#consent-reopen")).x).toBeGreaterThan(640);
});

test("at 400 %: everything can be reached and read, nothing scrolls sideways", async ({
  visitor,
  page,
  server,
}) => {
  await page.setViewportSize({ width: 320, height: 256 }); // 1280 × 1024 at 400 %
  await site(page, server, "corner");
  await visitor.open("/probe");
  const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(await sideways()).toBeLessThanOrEqual(0);
  for (const id of ["reject-all", "accept-all", "customise"])
    await expect(page.locator("#consent-" + id)).toBeInViewport({ ratio: 1 });
  // What is left for the text is more than two of its lines.
  const banner = await box(page, "#consent-banner");
  const actions = await box(page, "#consent-banner .consent-actions");
  expect(banner.height - actions.height).toBeGreaterThan(50);
  await page.locator("#consent-vendors-link").scrollIntoViewIfNeeded();
  await page.locator("#consent-vendors-link").click();
  for (const id of ["consent-vendors", "consent-save", "consent-toggle-analytics", "consent-close"]) {
    const target = page.locator("#" + id);
    await target.scrollIntoViewIfNeeded();
    await expect(target).toBeInViewport({ ratio: 1 });
  }
  // Seen in full means: nothing lies over it.
  const uncovered = await page.locator("#consent-toggle-analytics").evaluate(input => {
    input.scrollIntoView({ block: "center" });
    const { left, top, width, height } = input.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + height / 2) === input;
  });
  expect(uncovered).toBe(true);
  expect(
    await page
      .locator("#consent-settings-dialog")
      .evaluate(dialog => dialog.scrollWidth - dialog.clientWidth),
  ).toBe(0);
  await sound(page);
});

test("in forced colours: a granted toggle looks unlike a denied one, buttons have edges", async ({
  visitor,
  page,
  server,
}) => {
  await mkdir(output, { recursive: true });
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  await site(page, server, "corner");
  await visitor.open("/probe");
  const edge = (id: string) =>
    page.locator(id).evaluate(node => {
      const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(node);
      return (
        borderTopStyle === "solid" && parseFloat(borderTopWidth) >= 1 && borderTopColor !== backgroundColor
      );
    });
  for (const id of ["#consent-reject-all", "#consent-accept-all", "#consent-customise", "#consent-banner"])
    expect(await edge(id), id).toBe(true);
  await visitor.press("customise");
  await visitor.toggle("analytics");
  await page.screenshot({ path: `${output}/forced-colours.png` });
  const look = (category: string) =>
    page.locator("#consent-toggle-" + category).evaluate(input => {
      const knob = getComputedStyle(input, "::before");
      const track = getComputedStyle(input).backgroundColor;
      return { track, visible: knob.backgroundColor !== track };
    });
  const [granted, denied] = [await look("analytics"), await look("performance")];
  expect(granted.visible && denied.visible).toBe(true);
  expect(granted.track).not.toBe(denied.track);
  await sound(page);
});

test("the first layer stands still, and with reduced motion the second does", async ({
  visitor,
  page,
  server,
}) => {
  await site(page, server, "corner");
  const motion = () =>
    page.evaluate(() => {
      const shown = [...document.querySelectorAll(".consent-ui, .consent-ui *")];
      return shown
        .flatMap(node => [getComputedStyle(node), getComputedStyle(node, "::before")])
        .filter(style => style.animationName !== "none" || !["0s", ""].includes(style.transitionDuration))
        .length;
    });
  for (const [reducedMotion, moves] of [
    ["no-preference", true],
    ["reduce", false],
  ] as const) {
    await page.emulateMedia({ reducedMotion });
    await visitor.open("/probe");
    await expect(page.locator("#consent-banner")).toBeVisible();
    expect(await motion()).toBe(0);
    await visitor.press("customise");
    expect((await motion()) > 0).toBe(moves);
  }
});

test("paper shows none of it", async ({ visitor, page, server }) => {
  await site(page, server, "corner");
  await visitor.open("/probe");
  for (const layer of ["#consent-banner", "#consent-settings-dialog", "#consent-reopen"]) {
    await page.emulateMedia({ media: "screen" });
    if (layer === "#consent-settings-dialog") await visitor.press("customise");
    if (layer === "#consent-reopen") await visitor.press("reject-all");
    await expect(page.locator(layer)).toBeVisible();
    await page.emulateMedia({ media: "print" });
    await expect(page.locator(".consent-ui").filter({ visible: true })).toHaveCount(0);
  }
});

test("a style sheet of the site gives colours, letters and corners by custom properties, to accept and refuse alike", async ({
  visitor,
  page,
  server,
}) => {
  const css =
    ":root { --consent-background: #123456; --consent-text: #ffffff; --consent-text-soft: #eeeeee; --consent-line: #456789; " +
    "--consent-button: #fedcba; --consent-button-text: #010203; --consent-radius: 0px; " +
    '--consent-font: "Liberation Serif", serif; --consent-heading-font: "Liberation Mono", monospace }';
  const head = `<link rel="stylesheet" href="/own.css"><meta name="viewport" content="width=device-width">`;
  await probe(
    page,
    server,
    FRAME,
    { "/own.css": { body: css, type: "text/css" } },
    STRICT,
    head + script("corner"),
  );
  await visitor.open("/probe");
  const look = (selector: string, ...names: string[]) =>
    page
      .locator(selector)
      .first()
      .evaluate((node, names) => names.map(name => getComputedStyle(node).getPropertyValue(name)), names);
  const [blue, white] = ["rgb(18, 52, 86)", "rgb(255, 255, 255)"];
  expect(await look("#consent-banner", "background-color", "color")).toEqual([blue, white]);
  expect((await look("#consent-body", "font-family"))[0]).toContain("Liberation Serif");
  expect((await look("#consent-title", "font-family"))[0]).toContain("Liberation Mono");
  const button = ["rgb(254, 220, 186)", "rgb(1, 2, 3)", "0px"];
  for (const id of ["#consent-accept-all", "#consent-reject-all"])
    expect(await look(id, "background-color", "color", "border-top-left-radius")).toEqual(button);
  await sound(page);
  await visitor.press("customise");
  expect(await look("#consent-settings-dialog", "background-color", "color")).toEqual([blue, white]);
  expect(await look(".consent-placeholder", "background-color")).toEqual([blue]);
});
