/** Who has chosen is asked again only when something has changed, and is told why. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sound } from "../support/axe.ts";
import { probe, script } from "../support/probe.ts";
import { Server } from "../support/server.ts";
import { expect, test as base } from "../support/test.ts";

const cookie = (category: string, name: string) =>
  `[[site.cookie]]\ncategory = "${category}"\nname = "${name}"\nowner = "Counter Ltd"\nduration = "1 year"\npurpose = "Counts."\n`;
const config = (title: string, ...cookies: string[]) =>
  `[[site]]\nid = "changing"\ncontroller = { name = "Changing Ltd", privacy_url = "/privacy" }\n${cookies.join("")}` +
  `[site.texts.en]\ntitle = "${title}"\n`;

/** A server whose config can be written anew. */
const test = base.extend<{ folder: string; rewrite: (text: string) => Promise<void> }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "consent-again-"));
    await use(folder);
    await rm(folder, { recursive: true });
  },
  server: async ({ folder }, use) => {
    const file = join(folder, "consent.toml");
    await writeFile(file, config("Cookies", cookie("analytics", "_a")));
    const server = await Server.start(file);
    await use(server);
    await server.remove();
  },
  rewrite: async ({ folder, server }, use) => {
    await use(async text => {
      await server.down();
      await writeFile(join(folder, "consent.toml"), text);
      await server.up();
    });
  },
});

test("another word asks nobody again; another cookie does, and says in which category", async ({
  visitor,
  page,
  server,
  rewrite,
}) => {
  await probe(page, server, "<body>", {}, undefined, script("changing"));
  await visitor.open("/probe");
  await expect(page.locator("#consent-again")).toHaveCount(0); // a new visitor needs no reason
  await visitor.press("accept-all");
  await visitor.delivered();
  for (const title of ["Cookies!", "Cookies?"]) {
    await rewrite(config(title, cookie("analytics", "_a")));
    await visitor.open("/probe?" + encodeURIComponent(title));
    expect(await visitor.granted()).toContain("advertisement");
    await expect(page.locator("#consent-banner")).toHaveCount(0);
  }
  await rewrite(config("Cookies?", cookie("analytics", "_a"), cookie("advertisement", "_b")));
  await visitor.open("/probe?last");
  // In that category only: the rest runs on.
  const rest = ["necessary", "functional", "analytics", "performance"];
  expect(await visitor.granted()).toEqual(rest);
  const reason = page.locator("#consent-again");
  await expect(reason).toContainText("what this site does has changed");
  await expect(reason.locator("strong")).toHaveText("Advertising");
  await sound(page, "asked again, as something has changed", ".consent-ui");
  await visitor.press("customise");
  const dialog = page.locator("#consent-settings-dialog");
  const ticked = () => dialog.locator("input:checked").evaluateAll(inputs => inputs.map(input => input.id));
  expect(await ticked()).toEqual(rest.map(category => "consent-toggle-" + category));
  await page.keyboard.press("Escape");
  await expect(page.locator("#consent-banner")).toBeVisible(); // nothing was answered
  await visitor.press("reject-all");
  await visitor.open("/probe?refused");
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  expect(await visitor.granted()).toEqual(["necessary"]);
});

test("what was denied stays denied when something else is asked about, and a service that was granted by itself runs on", async ({
  visitor,
  page,
  server,
  rewrite,
}) => {
  const video = `[[site.service]]\nid = "video"\ncategory = "functional"\nname = "Video"\npurpose = "Shows films."\n`;
  const maps = video.replace(/video/i, "maps").replace("Video", "Maps");
  const declared = [video, maps, cookie("analytics", "_a")];
  await rewrite(config("Cookies", ...declared));
  await probe(page, server, "<body>", {}, undefined, script("changing"));
  await visitor.open("/probe");
  await visitor.press("customise");
  await page.locator("#consent-service-video").check();
  await visitor.press("save");
  await visitor.delivered();
  await rewrite(config("Cookies", ...declared, cookie("analytics", "_b")));
  await visitor.open("/probe?1");
  await expect(page.locator("#consent-again strong")).toHaveText("Analytics");
  expect(await visitor.granted()).toEqual(["necessary"]);
  const allows = (word: string) =>
    page.evaluate(
      one => (window as unknown as { consent: { allows(word: string): boolean } }).consent.allows(one),
      word,
    );
  expect([await allows("video"), await allows("maps")]).toEqual([true, false]);
  // In its own category it is asked about, and does not run meanwhile.
  await rewrite(config("Cookies", ...declared, cookie("functional", "_c")));
  await visitor.open("/probe?2");
  await expect(page.locator("#consent-again strong")).toHaveText("Functional");
  expect(await allows("video")).toBe(false);
});

test("a no outranks a yes from a clock that ran ahead, in every tab, and is a withdrawal of what ran on", async ({
  visitor,
  page,
  server,
  rewrite,
}) => {
  const open = async (tab: typeof page, path: string) => {
    await probe(tab, server, "<body>", {}, undefined, script("changing"));
    await tab.goto(server.url + path);
  };
  await open(page, "/probe");
  await visitor.press("accept-all");
  await visitor.delivered();
  const kept = (await visitor.consentCookie())!;
  const ahead = Date.now() + 2 * 3600_000;
  const decision = Buffer.from(kept.decision!, "base64url");
  decision.writeUIntBE(ahead, 0, 6);
  const made = Math.floor(ahead / 1000).toString(36);
  const value = ["1", kept.choices, made, kept.notice, kept.subject, decision.toString("base64url")].join(
    ".",
  );
  await rewrite(config("Cookies", cookie("analytics", "_a"), cookie("advertisement", "_b")));
  await page.context().addCookies([{ name: "consent", value, url: server.url }]);
  const other = await page.context().newPage();
  await open(other, "/probe?other");
  await open(page, "/probe?1");
  expect(await visitor.granted()).toContain("functional");
  await expect(page.locator("#consent-again")).toBeVisible();
  visitor.sent.length = 0;
  await visitor.press("reject-all");
  await expect.poll(() => visitor.sent.map(({ action }) => action)).toEqual(["withdraw"]);
  for (const tab of [other, page]) {
    await tab.bringToFront();
    await tab.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await expect.poll(() => tab.evaluate(() => window.consent.get().choices.functional)).toBe("deny");
  }
  expect((await visitor.consentCookie())!.choices).toBe("01");
  expect(await visitor.granted()).toEqual(["necessary"]);
});

test("a choice that is too old is asked for again, with that reason", async ({ visitor, page, server }) => {
  await probe(page, server, "<body>", {}, undefined, script("changing"));
  await visitor.open("/probe");
  await visitor.press("reject-all");
  await visitor.delivered();
  const kept = (await visitor.consentCookie())!;
  const old = (parseInt(kept.decidedAt!, 36) - 200 * 86400).toString(36);
  const value = ["1", kept.choices, old, kept.notice, kept.subject, kept.decision].join(".");
  await page.context().addCookies([{ name: "consent", value, url: server.url }]);
  await visitor.open("/probe?1");
  const reason = page.locator("#consent-again");
  await expect(reason).toContainText("has expired (it holds for 180 days)");
  await expect(reason.locator("strong")).toHaveCount(0);
  await sound(page, "asked again, as the choice is too old", ".consent-ui");
});

test("a page that was open while the notice changed shows the second layer of the notice that it was made with", async ({
  visitor,
  page,
  server,
  rewrite,
}) => {
  await probe(page, server, "<body>", {}, undefined, script("changing"));
  await visitor.open("/probe");
  await rewrite(config("Cookies?", cookie("analytics", "_a"), cookie("advertisement", "_b")));
  await visitor.press("customise");
  const dialog = page.locator("#consent-settings-dialog");
  await expect(dialog).toContainText("_a");
  await expect(dialog).not.toContainText("_b");
  await page.keyboard.press("Escape");
  await visitor.open("/probe?1");
  await visitor.press("customise");
  await expect(dialog).toContainText("_b");
});
