/** The trail in the console: who may read it, what it says, and that it is checked as any log. */
import { mkdir } from "node:fs/promises";
import { at, output, pictures, signIn } from "../support/console.ts";
import { expect, test, type Page } from "../support/test.ts";
import type { Server } from "../support/server.ts";

/** A visitor refuses, and an operator erases that. */
async function decideAndErase(page: Page, server: Server): Promise<void> {
  await page.goto(server.url + "/");
  const recorded = page.waitForResponse(response => response.url().endsWith("/decisions"));
  await page.locator("#consent-reject-all").click();
  const { decision_id } = (await recorded).request().postDataJSON();
  expect((await recorded).status()).toBe(201);
  await page.goto(at(server, "newsroom/find"));
  await page.getByLabel("What the visitor can tell you").fill(decision_id);
  await page.mouse.move(1, 1); // as long as no pointer is there the form waits for a file
  await page.getByRole("button", { name: "Find" }).click();
  const asked = await page.locator("label code").textContent();
  await page.getByLabel(/^Type/).fill(asked!);
  await page.getByRole("button", { name: "Erase" }).click();
  await expect(page.getByText("What was decided here was erased.")).toBeVisible();
}

/** An auditor who tries to erase by hand what has no button. */
async function tryToErase(page: Page, server: Server): Promise<void> {
  await page.goto(at(server, "sessions"));
  const path = at(server, "newsroom/entries/2026/1");
  const answer = page.waitForResponse(response => response.url() === path);
  await page.evaluate(address => {
    const form = document.querySelector<HTMLFormElement>("form.who")!;
    form.action = address;
    for (const [name, value] of [
      ["confirmation", "AAECAw"],
      ["reason", "request"],
    ])
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    form.submit();
  }, path);
  expect((await answer).status()).toBe(403);
}

test("an operator reads who did what, at both widths and in both themes: no fault found by axe; pictures", async ({
  browser,
  page,
  server,
}) => {
  await mkdir(output, { recursive: true });
  const elsewhere = await browser.newContext();
  const auditor = await elsewhere.newPage();
  await signIn(auditor, server, await server.tokenFor("auditor", null));
  await tryToErase(auditor, server);
  await elsewhere.close();
  await signIn(page, server, await server.token());
  await decideAndErase(page, server);
  await page.getByRole("link", { name: "Trail" }).click();
  await expect(page.locator("h1")).toHaveText("Trail");
  const first = page.locator(".trail > li").first();
  await expect(first).toContainText("Subject erased");
  await expect(first).toContainText(/said in entry \d+ of localhost\/newsroom\/\d{4}/);
  await expect(first).toContainText("operator");
  await expect(page.locator(".trail > li", { hasText: "refused" })).toContainText("auditor");
  await pictures(page, ["trail"], async name => {
    await page.reload();
    return name;
  });
  // By keyboard: one site, where nobody signs in.
  await page.getByLabel("Site").focus();
  await page.getByLabel("Site").selectOption("newsroom");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/site=newsroom/);
  await expect(page.locator(".trail > li")).toHaveCount(2);
});

test("an auditor of all sites takes the trail away, and it is checked as any log", async ({
  page,
  server,
}, info) => {
  await signIn(page, server, await server.tokenFor("auditor", null));
  await page.getByRole("link", { name: "Trail" }).click();
  await expect(page.locator(".trail > li")).toHaveText([/Signed in/]);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "The trail as a bundle" }).click();
  const file = info.outputPath("trail.zip");
  await (await download).saveAs(file);
  expect(await server.verify(file)).toContain("everything in this bundle HOLDS");
  await page.reload();
  await expect(page.locator(".trail > li").first()).toContainText("Taken away: bundle");
});

test("who may see one site, or none, sees nothing of it", async ({ page, server }) => {
  await page.goto(at(server, "trail"));
  await expect(page.getByLabel("Token")).toBeVisible();
  await signIn(page, server, await server.tokenFor("auditor"));
  await expect(page.getByRole("link", { name: "Trail" })).toHaveCount(0);
  for (const path of ["trail", "trail/bundle"])
    expect((await page.goto(at(server, path)))!.status(), path).toBe(404);
});
