/** What a visitor downloads before the banner can show: one answer, and a small one. */
import { get } from "node:http";
import { expect, test } from "../support/test.ts";

const bytes = (url: string, encoding: string): Promise<number> =>
  new Promise((done, failed) => {
    get(url, { headers: { "accept-encoding": encoding } }, answer => {
      let size = 0;
      answer.on("data", (part: Buffer) => (size += part.length));
      answer.on("end", () =>
        answer.headers["content-encoding"] === encoding ? done(size) : failed(new Error("not " + encoding)),
      );
    }).on("error", failed);
  });

test("script, styles, texts and rules of the newsroom are one request of at most 7.0 KiB, which is half of the smallest complete peer", async ({
  visitor,
  page,
  server,
}) => {
  for (const language of ["fr", "en"])
    expect(
      await bytes(`${server.url}/v1/sites/newsroom/banner.js?lang=${language}`, "br"),
    ).toBeLessThanOrEqual(7168);
  await visitor.open();
  await expect(page.locator("#consent-banner")).toBeVisible();
  const requested = () => visitor.requested.filter(path => path.startsWith("/v1/"));
  await expect.poll(requested).toEqual([
    "/v1/sites/newsroom/banner.js",
    "/v1/sites/newsroom/shown", // that it was: 43 bytes, after it can be seen
  ]);
});
