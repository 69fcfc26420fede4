/** `examples/static-site`, as it stands there: plain files on one server, which ask another one for their banner. */
import { chromium as browsers } from "@playwright/test";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { chromium } from "../support/chromium.ts";
import { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

const folder = resolve(import.meta.dirname, "../../../examples/static-site");

/** Its pages and its banner have fixed ports; a browser is told where they are today. */
test("nothing of others is asked for before a choice or against it, and all of it after a yes", async () => {
  const files = createServer(async (request, response) => {
    const name = new URL(request.url!, "http://localhost").pathname.replace(/\/$/, "/index.html");
    const file = await readFile(join(folder, "pages", name)).catch(() => null);
    response.writeHead(file ? 200 : 404, { "content-type": "text/html; charset=utf-8" }).end(file ?? "");
  });
  files.listen(0, "127.0.0.1");
  await once(files, "listening");
  const server = await Server.start(join(folder, "consent.toml"));
  const { port } = files.address() as AddressInfo;
  const rules = `MAP localhost:3000 127.0.0.1:${port}, MAP localhost:8080 ${server.url.replace("http://", "")}`;
  const browser = await browsers.launch({
    ...chromium,
    args: [...chromium.args, "--host-resolver-rules=" + rules],
  });
  try {
    const page = await browser.newPage({ locale: "en-GB" });
    const foreign: string[] = [];
    await page.route(/^https:/, route => {
      foreign.push(new URL(route.request().url()).hostname);
      const isScript = route.request().resourceType() === "script";
      const body = isScript ? 'document.cookie = "_visits=1"' : "<p>A map</p>";
      return route.fulfill({ contentType: isScript ? "text/javascript" : "text/html", body });
    });
    const visits = async () =>
      (await page.context().cookies()).filter(({ name }) => name === "_visits").length;
    await page.goto("http://localhost:3000/");
    await page.locator("#consent-reject-all").click();
    await page.goto("http://localhost:3000/privacy.html");
    await page.goto("http://localhost:3000/");
    await expect(page.getByRole("heading", { name: "Allotments" })).toBeVisible();
    await expect(page.locator("#consent-reject-all")).toBeHidden();
    expect([foreign, await visits()]).toEqual([[], 0]);
    await page.getByRole("link", { name: "Cookies" }).click();
    const recorded = page.waitForResponse(response => response.url().endsWith("/decisions"));
    await page.getByRole("button", { name: "Accept all" }).click();
    expect((await recorded).status()).toBe(201);
    await expect.poll(() => [...foreign].sort()).toEqual(["counter.example", "maps.example"]);
    await expect.poll(visits).toBe(1);
  } finally {
    await browser.close();
    await server.remove();
    files.close();
  }
});
