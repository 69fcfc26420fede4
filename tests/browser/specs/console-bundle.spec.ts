/** A bundle on its way through a bad network: the browser goes on where it was, and has one file in the end. */
import { createHash } from "node:crypto";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "../support/test.ts";
import { signIn } from "../support/console.ts";
import type { Server } from "../support/server.ts";

/** What a connection carried, of a bundle. */
interface Carried {
  /** The head of the request. */
  asked: string;
  /** All that was passed on of the answer. */
  answered: Buffer;
}

/** A way to the server on which the first answer with a bundle breaks off after so many bytes. */
async function badNetwork(server: Server, after: number) {
  const carried: Carried[] = [];
  const port = Number(new URL(server.url).port);
  const way = createServer((browser: Socket) => {
    const onward = connect(port, "127.0.0.1");
    let bundle: Carried | undefined;
    browser.on("data", bytes => {
      const head = bytes.toString("latin1");
      bundle = undefined;
      if (/^GET \S+\/prove\/bundles\/\S/.test(head))
        carried.push((bundle = { asked: head, answered: Buffer.alloc(0) }));
      onward.write(bytes);
    });
    onward.on("data", bytes => {
      if (!bundle) return void browser.write(bytes);
      const breaks = bundle === carried[0] && bundle.answered.length + bytes.length > after;
      const passed = breaks ? bytes.subarray(0, after - bundle.answered.length) : bytes;
      bundle.answered = Buffer.concat([bundle.answered, passed]);
      browser.write(passed, () => breaks && browser.destroy());
      if (breaks) onward.destroy();
    });
    for (const [one, other] of [
      [browser, onward],
      [onward, browser],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("end", () => other.end());
    }
  });
  await new Promise<void>(done => way.listen(0, "127.0.0.1", done));
  return { carried, port: (way.address() as AddressInfo).port, close: () => way.close() };
}

const body = ({ answered }: Carried): Buffer => answered.subarray(answered.indexOf("\r\n\r\n") + 4);

test("a download that breaks off goes on where it was", async ({ page, server }) => {
  const network = await badNetwork(server, 20_000);
  const way = Object.assign(Object.create(server), { url: `http://localhost:${network.port}` }) as Server;
  await signIn(page, way, await server.tokenFor("auditor"));
  await page.getByRole("link", { name: "Prove" }).click();
  await page.getByRole("link", { name: "Make a bundle" }).click();
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("link", { name: /^newsroom_.*\.zip$/ }).click({ timeout: 60_000 });
  // Nobody does anything: the browser asks for the rest of that very file, and has the right to it.
  await expect.poll(() => network.carried.length, { timeout: 60_000 }).toBe(2);
  const [first, rest] = network.carried as [Carried, Carried];
  const got = body(first).length;
  expect(rest.asked).toContain(`Range: bytes=${got}-`);
  expect(rest.asked).toContain("If-Range: ");
  await expect.poll(() => rest.answered.toString("latin1")).toContain(`content-range: bytes ${got}-`);
  const length = Number(/content-range: bytes \d+-\d+\/(\d+)/.exec(rest.answered.toString("latin1"))![1]);
  await expect.poll(() => got + body(rest).length).toBe(length);
  const digest = createHash("sha256").update(body(first)).update(body(rest)).digest("hex");
  await expect(page.getByText(digest)).toBeVisible();
  network.close();
});
