/** Choices that overtake each other, and answers that are not the server's: the newest choice holds, no record is lost. */
import { expect, test } from "../support/test.ts";

const queue = () => JSON.parse(localStorage.getItem("consent:newsroom") || "[]") as { action: string }[];

test("a late answer to an older choice does not undo the one that waits in the queue", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  await visitor.press("accept-all");
  await visitor.delivered();
  const accepted = (await visitor.consentCookie())!.value;
  await page.route("**/decisions", route => route.abort());
  await page.evaluate(() => window.consent.withdraw());
  expect((await page.evaluate(queue)).map(({ action }) => action)).toEqual(["withdraw"]);
  // The answer to the first request comes when no page is left to notice.
  await page.goto("about:blank");
  await page.context().addCookies([{ name: "consent", value: accepted, url: visitor.server.url }]);
  await page.unroute("**/decisions");
  visitor.requested.length = 0;
  await visitor.open();
  expect(await visitor.granted()).toEqual(["necessary"]);
  expect(visitor.thirdParty()).toEqual([]);
  await visitor.delivered();
  expect((await visitor.consentCookie())!.value).not.toBe(accepted);
  expect(await visitor.granted()).toEqual(["necessary"]);
});

test("a record that another tab has written over is put back, and reaches the server once", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  await page.waitForLoadState();
  // What the other tab had read before, it writes after: nothing of this choice is left in the queue.
  await page.evaluate(() => {
    window.consent.set({ analytics: "grant" });
    localStorage.removeItem("consent:newsroom");
  });
  await expect.poll(() => visitor.sent.map(({ action }) => action)).toEqual(["save"]);
  await visitor.delivered();
  await page.waitForTimeout(300);
  expect(visitor.sent).toHaveLength(1);
});

for (const [name, answer] of [
  ["a maintenance page", { status: 200, contentType: "text/html", body: "<h1>Back soon</h1>" }],
  ["a firewall", { status: 403, contentType: "text/html", body: "<h1>No</h1>" }],
  ["somebody else's JSON", { status: 200, contentType: "application/json", body: '{"decision_id":"x"}' }],
] as const)
  test(`${name} that answers in the server's place takes no record away`, async ({ visitor, page }) => {
    await visitor.open();
    await page.route("**/decisions", route => route.fulfill(answer));
    await visitor.press("reject-all");
    await page.waitForTimeout(300);
    expect((await page.evaluate(queue)).map(({ action }) => action)).toEqual(["reject_all"]);
    await page.unroute("**/decisions");
    await page.reload();
    await visitor.delivered();
    expect(await page.evaluate(queue)).toEqual([]);
  });

test("a page that chooses again while it hears of a choice leaves the newer one", async ({
  visitor,
  page,
}) => {
  await visitor.open();
  await page.route("**/decisions", route => route.abort());
  await page.evaluate(() => {
    let once = false;
    window.consent.on("change", () => {
      if (once) return;
      once = true;
      window.consent.withdraw();
    });
  });
  await visitor.press("accept-all");
  expect((await page.evaluate(queue)).map(({ action }) => action)).toEqual(["accept_all", "withdraw"]);
  await page.reload();
  expect(await visitor.granted()).toEqual(["necessary"]);
});
