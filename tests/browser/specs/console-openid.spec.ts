/** Signing in to the console through a provider that others made, which is another site to the browser. */
import { mkdir } from "node:fs/promises";
import { sound } from "../support/axe.ts";
import { at, output, pictures } from "../support/console.ts";
import { SignOn } from "../support/provider.ts";
import { expect, test, type Page } from "../support/test.ts";

let place: SignOn;
test.beforeAll(async () => {
  place = await SignOn.start({ ana: ["staff", "editors"], luc: ["lawyers"], eve: ["staff"] });
});
test.afterAll(() => place.stop());

test.beforeEach(async ({ page }) => {
  // The provider's own pages would have a font from elsewhere.
  await page.route(
    url => !["127.0.0.1", "localhost"].includes(url.hostname),
    route => route.abort(),
  );
});

/** From the console to the provider, and there as `login`; all but the last step. */
async function identify(page: Page, login: string): Promise<void> {
  await page.goto(at(place.server, ""));
  await page.getByRole("link", { name: "Sign in with Press login" }).click();
  await expect(page).toHaveURL(url => url.origin === place.issuer);
  await page.getByPlaceholder("Enter any login").fill(login);
  await page.getByPlaceholder("and password").fill("x");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await expect(page.getByRole("button", { name: "Continue" })).toBeVisible();
}

async function signIn(page: Page, login: string): Promise<void> {
  await identify(page, login);
  await page.getByRole("button", { name: "Continue" }).click();
}

/** What the console keeps in this browser. */
const kept = async (page: Page) =>
  (await page.context().cookies(at(place.server, ""))).filter(({ name }) =>
    name.startsWith("__Host-consent"),
  );

for (const scripts of [true, false])
  test.describe(scripts ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled: scripts });

    test("an operator signs in, finds the session and the trail, signs out, and is out", async ({ page }) => {
      await signIn(page, "ana");
      await expect(page.getByRole("heading", { name: "Sites" })).toBeVisible();
      // No address in this tab's history has what the provider gave out, which is worth nothing any more.
      expect(page.url()).not.toContain("code=");
      expect(await kept(page)).toMatchObject([
        { name: "__Host-consent-console", sameSite: "Strict", httpOnly: true, secure: true },
      ]);
      await page.goto(at(place.server, "sessions"));
      await expect(page.getByText("Wherever you are signed in by OpenID Connect.")).toBeVisible();
      const name = (await page.locator("code").textContent())!;
      expect(name).toMatch(/^openid-[\w-]{12}$/);
      await page.goto(at(place.server, "trail"));
      await expect(page.getByText(name).first()).toBeVisible();
      expect(await page.content()).not.toMatch(/\bana\b/);
      for (const site of ["news", "shop"])
        expect((await page.goto(at(place.server, site + "/")))!.status(), site).toBe(200);
      await page.getByRole("button", { name: "Sign out" }).click();
      await expect(page.getByRole("status")).toContainText("perhaps still signed in at Press login");
      expect(await kept(page)).toEqual([]);
      // On a machine that others use: the next one is asked who they are.
      await page.getByRole("link", { name: "Sign in with Press login" }).click();
      await expect(page.getByPlaceholder("Enter any login")).toBeVisible();
      expect((await page.goto(at(place.server, "news/")))!.url()).toContain("/console/sign-in");
    });
  });

test("an auditor of one site sees that one; whom no grant fits is told what to do", async ({
  browser,
  page,
}) => {
  await mkdir(output, { recursive: true });
  await signIn(page, "luc");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  expect((await page.goto(at(place.server, "news/")))!.status()).toBe(200);
  expect((await page.goto(at(place.server, "shop/")))!.status()).toBe(404);
  const others = await browser.newContext();
  const stranger = await others.newPage();
  await stranger.route("https://**", route => route.abort());
  await signIn(stranger, "eve");
  await expect(stranger.getByText("nobody has given you a role here")).toBeVisible();
  await sound(stranger, "no role");
  await stranger.screenshot({ path: `${output}/openid-no-role.png` });
  expect(await kept(stranger)).toEqual([]);
});

test("who says no at the provider can try again, or bring a token", async ({ page }) => {
  await page.goto(at(place.server, ""));
  await page.getByRole("link", { name: "Sign in with Press login" }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page.getByRole("alert")).toContainText("The provider signed nobody in.");
  await sound(page, "signed nobody in");
  await page.getByLabel("Token").fill(await place.server.token());
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Sites" })).toBeVisible();
});

test("the way back of somebody else signs nobody in", async ({ browser, page }) => {
  // An attacker signs in, keeps the way back to himself, and has somebody else's browser go there.
  const others = await browser.newContext();
  const attacker = await others.newPage();
  await attacker.route("https://**", route => route.abort());
  await identify(attacker, "ana");
  const form = await attacker.locator("form").getAttribute("action");
  let answer = await others.request.post(form!, { form: { prompt: "consent" }, maxRedirects: 0 });
  while (!answer.headers()["location"]!.includes("code="))
    answer = await others.request.get(answer.headers()["location"]!, { maxRedirects: 0 });
  const way = answer.headers()["location"]!;
  expect(way).toContain("/console/openid/return?");
  const elsewhere = `data:text/html,<a href="${way.replaceAll("&", "&amp;")}">prize</a>`;
  await page.goto(elsewhere);
  await page.getByRole("link", { name: "prize" }).click();
  await expect(page.getByRole("alert")).toContainText("kept nothing of how this began");
  expect(await kept(page)).toEqual([]);
  // Also if the browser is on its own way at that moment.
  await page.getByRole("link", { name: "Sign in with Press login" }).click();
  await expect(page).toHaveURL(url => url.origin === place.issuer);
  await page.goto(elsewhere);
  await page.getByRole("link", { name: "prize" }).click();
  await expect(page.getByRole("alert")).toContainText("begun in another window");
  expect(await kept(page)).toMatchObject([
    { name: "__Host-consent-openid", sameSite: "Lax", httpOnly: true },
  ]);
});

test("the page to sign in at, by keyboard alone, at both widths and in both themes", async ({ page }) => {
  await mkdir(output, { recursive: true });
  await pictures(page, ["openid-sign-in"], async name => {
    await page.goto(at(place.server, "sign-in"));
    return name;
  });
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Sign in with Press login" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(url => url.origin === place.issuer);
});
