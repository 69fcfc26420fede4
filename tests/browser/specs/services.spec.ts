/** Services: chosen one by one, and whoever knows only categories sees a denial. */
import { demo, expect, test } from "../support/gallery.ts";
import { logs, probe, ran, script, STRICT } from "../support/probe.ts";
import type { Visitor } from "../support/test.ts";

const kept = async (visitor: Visitor) =>
  (await visitor.page.context().cookies()).find(({ name }) => name === "consent-services")?.value;

const toggle = (visitor: Visitor, id: string) => visitor.page.locator("#consent-service-" + id);

async function choose(visitor: Visitor, ...ids: string[]): Promise<void> {
  for (const id of ids) await toggle(visitor, id).click();
  await visitor.press("save");
  await visitor.delivered();
}

test("one service of two: it runs, its category is denied everywhere, and the record says so", async ({
  visitor,
  page,
  server,
}) => {
  await demo(visitor, "own");
  await page.evaluate(() => {
    localStorage.setItem("film_volume", "7");
    localStorage.setItem("map_place", "harbour");
  });
  await visitor.press("customise");
  await choose(visitor, "films");
  const cookie = (await visitor.consentCookie())!;
  expect(cookie.choices).toBe("01");
  expect(await kept(visitor)).toBe(`1.${cookie.decision}.films`);
  const holds = () =>
    page.evaluate(() => ["functional", "films", "maps", "chat"].map(word => window.consent.allows(word)));
  expect(await holds()).toEqual([false, true, false, false]);
  await expect(page.frameLocator("iframe").locator("p")).toContainText("bell");
  expect(await visitor.storageKeys()).toEqual(["film_volume"]); // what belongs to the other one went
  const [recorded] = await server.history(cookie.subject!, "own");
  expect(recorded).toMatchObject({
    action: "save",
    choices: { functional: "deny" },
    services: { films: "grant", maps: "deny" },
  });

  await page.reload();
  await expect(page.frameLocator("iframe").locator("p")).toContainText("bell");
  expect(await holds()).toEqual([false, true, false, false]);
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  await page.evaluate(() => window.consent.open());
  await expect(toggle(visitor, "films")).toBeChecked();
  await expect(toggle(visitor, "maps")).not.toBeChecked();
  await expect(page.locator("#consent-toggle-functional")).not.toBeChecked();

  await visitor.press("reject-all");
  await visitor.delivered();
  expect(await kept(visitor)).toBeUndefined();
  expect(await holds()).toEqual([false, false, false, false]);
  expect(visitor.sent.at(-1)).toMatchObject({ action: "reject_all" });
  await expect(page.locator(".consent-placeholder")).toBeVisible();
});

test("the toggle of a category stands for all of its services", async ({ visitor, page }) => {
  await demo(visitor, "own");
  await visitor.press("customise");
  const category = page.locator("#consent-toggle-functional");
  await category.click();
  await expect(toggle(visitor, "films")).toBeChecked();
  await expect(toggle(visitor, "maps")).toBeChecked();
  await toggle(visitor, "maps").click();
  await expect(category).not.toBeChecked();
  await toggle(visitor, "maps").click();
  await expect(category).not.toBeChecked(); // the rest of the category was not asked for
  await category.click();
  await visitor.press("save");
  await visitor.delivered();
  expect((await visitor.consentCookie())!.choices).toBe("03");
  expect(await kept(visitor)).toBeUndefined();
  expect(visitor.sent[0]!.services).toEqual({});
});

test("the placeholder of a service names it, and always allows nothing but it", async ({ visitor, page }) => {
  await demo(visitor, "own");
  await page.getByRole("button", { name: "Always allow “Moving Pictures”" }).click();
  await expect(page.frameLocator("iframe").locator("p")).toContainText("bell");
  await visitor.delivered();
  const cookie = (await visitor.consentCookie())!;
  expect(cookie.choices).toBe("01");
  expect(await kept(visitor)).toBe(`1.${cookie.decision}.films`);
});

test("services of another decision, or of none, grant nothing", async ({ visitor, page, server }) => {
  await demo(visitor, "own");
  await visitor.press("customise");
  await choose(visitor, "films");
  const services = (await kept(visitor))!;
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await visitor.delivered();
  expect(await kept(visitor)).toBeUndefined();
  await page.context().addCookies([{ name: "consent-services", value: services, url: server.url }]);
  await page.reload();
  await expect(page.locator(".consent-placeholder")).toBeVisible();
  expect(await page.evaluate(() => window.consent.allows("films"))).toBe(false);
});

test("a cookie without a value, under either of our names, stops nothing", async ({ visitor, page }) => {
  await demo(visitor, "own");
  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  await visitor.delivered();
  await page.evaluate(() => {
    document.cookie = "consent-services";
    document.cookie = "consent";
  });
  await page.reload();
  await page.waitForLoadState();
  expect(await visitor.granted()).toEqual(["necessary", "analytics"]);
});

test("an id that the site does not declare is never granted", async ({ visitor, page, server }) => {
  const tag = (name: string, attributes: string) =>
    `<script type="text/plain" ${attributes} data-src="/${name}.js"></script>`;
  const tags =
    tag("declared", `data-service="films"`) +
    tag("unknown", `data-service="chat"`) +
    tag("both", `data-consent="analytics" data-service="chat"`) +
    tag("category", `data-consent="functional"`);
  const files = Object.fromEntries(
    ["declared", "unknown", "both", "category"].map(name => [`/${name}.js`, logs(name)]),
  );
  for (const [site, expected] of [
    ["own", ["declared", "category"]],
    ["bar-light", ["category"]],
  ] as const) {
    await page.context().clearCookies();
    await page.unrouteAll();
    await probe(page, server, tags, files, STRICT + "; img-src 'self' data:", script(site)); // its logo is a picture in the notice
    await visitor.open("/probe");
    await visitor.press("accept-all");
    await expect.poll(() => ran(page)).toEqual(expected);
    await visitor.delivered();
    await page.waitForTimeout(200);
    expect(await ran(page)).toEqual(expected);
  }
});
