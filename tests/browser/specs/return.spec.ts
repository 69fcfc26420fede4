/** A visitor who has chosen: the choice is read before anything else runs, and nothing is built or asked for. */
import { logs, probe, ran, script } from "../support/probe.ts";
import { expect, test } from "../support/test.ts";

test("on return the first script behind ours finds the choice, and what was granted runs without any other answer", async ({
  visitor,
  page,
  server,
}) => {
  const first = `(window.seen ??= []).push(consent.get().chosen, consent.allows("analytics"), consent.allows("performance"))`;
  const head = `${script()}<script src="/first.js"></script>`;
  const html = `<script type="text/plain" data-consent="analytics" data-src="/a.js"></script><body>`;
  await probe(page, server, html, { "/first.js": first, "/a.js": logs("a") }, undefined, head);
  await visitor.open("/probe");
  const seen = () => page.evaluate(() => (window as unknown as { seen: unknown }).seen);
  expect(await seen()).toEqual([false, false, false]);
  await visitor.press("customise");
  await visitor.toggle("analytics");
  await visitor.press("save");
  await visitor.delivered();

  // From here on the server answers for the script alone.
  await page.route("**/v1/**", route =>
    route.request().url().endsWith("/banner.js") ? route.fallback() : undefined,
  );
  const before = visitor.requested.length;
  await page.reload();
  expect(await seen()).toEqual([true, true, false]);
  await expect.poll(() => ran(page)).toEqual(["a"]);
  await page.waitForTimeout(300);
  expect(visitor.requested.slice(before)).toEqual([
    "/probe",
    "/v1/sites/newsroom/banner.js",
    "/first.js",
    "/a.js",
  ]);
  // Of the view there is nothing: no element, no style sheet.
  const built = await page.evaluate(() => [
    document.querySelectorAll("[id^=consent], [class^=consent]").length,
    document.adoptedStyleSheets.length,
    document.querySelectorAll("style").length,
  ]);
  expect(built).toEqual([0, 0, 0]);
});
