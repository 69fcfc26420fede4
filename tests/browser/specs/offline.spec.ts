/** The server is away: the choice holds all the same, and is recorded once when the server is back. */
import { expect, test } from "../support/test.ts";

test("a choice made while the server is down survives and is delivered later under the same id", async ({
  visitor,
  page,
  server,
}) => {
  await visitor.open();
  await server.down();
  await visitor.press("accept-all");
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  expect(await visitor.granted()).toHaveLength(5);
  await expect.poll(() => visitor.sent.length).toBeGreaterThan(0);
  const [first] = visitor.sent;
  const cookie = (await visitor.consentCookie())!;
  expect(cookie.choices).toBe("1f");
  const kept = await page.evaluate(() => localStorage.getItem("consent:newsroom"));
  expect(kept).toContain(first!.decision_id);

  await server.up();
  await page.reload();
  await expect(page.locator("#consent-banner")).toHaveCount(0);
  await visitor.delivered();
  expect(new Set(visitor.sent.map(({ decision_id }) => decision_id))).toEqual(new Set([first!.decision_id]));
  expect((await server.history(cookie.subject!)).map(({ decision_id }) => decision_id)).toEqual([
    first!.decision_id,
  ]);
});

test("without a reload it is delivered when the browser comes online", async ({ visitor, page, server }) => {
  await visitor.open();
  await page.context().setOffline(true);
  await visitor.press("reject-all");
  await expect.poll(() => visitor.sent.length).toBeGreaterThan(0);
  expect(await visitor.storageKeys()).toEqual(["consent:newsroom"]);
  await page.context().setOffline(false);
  await visitor.delivered();
  const cookie = (await visitor.consentCookie())!;
  expect(await server.history(cookie.subject!)).toHaveLength(1);
});

test("a lost answer is asked for again and recorded once", async ({ visitor, page, server }) => {
  await visitor.open();
  let lost = 0;
  await page.route("**/decisions", async route => {
    if (lost++) return route.continue();
    await route.fetch(); // it arrives; its answer does not
    return route.abort();
  });
  await visitor.press("reject-all");
  await visitor.delivered();
  expect(lost).toBe(2);
  expect(visitor.sent[0]!.decision_id).toBe(visitor.sent[1]!.decision_id);
  const cookie = (await visitor.consentCookie())!;
  expect(await server.history(cookie.subject!)).toHaveLength(1);
});

test("two choices made offline arrive in their order, and the last one holds", async ({
  visitor,
  page,
  server,
}) => {
  await visitor.open();
  await page.context().setOffline(true);
  await visitor.press("accept-all");
  await page.evaluate(() => window.consent.withdraw());
  const before = (await visitor.consentCookie())!;
  expect(before.choices).toBe("01");
  await page.context().setOffline(false);
  await visitor.delivered();
  const after = (await visitor.consentCookie())!;
  expect(after.value).toBe(before.value);
  const history = await server.history(before.subject!);
  expect(history.map(({ action }) => action)).toEqual(["accept_all", "withdraw"]);
});

test("what the server refuses for good is dropped, what it can not take now is kept", async ({
  visitor,
  page,
}) => {
  const warnings: string[] = [];
  page.on("console", message => message.type() === "warning" && warnings.push(message.text()));
  await visitor.open();
  let status = 503;
  await page.route("**/decisions", route =>
    route.fulfill({ status, contentType: "application/problem+json", body: '{"code":"notice_unknown"}' }),
  );
  await visitor.press("reject-all");
  await page.waitForTimeout(500);
  expect(await visitor.storageKeys()).toEqual(["consent:newsroom"]);
  status = 400;
  await visitor.delivered();
  expect(warnings.join()).toContain("notice_unknown");
  expect((await visitor.consentCookie())!.choices).toBe("01");
});
