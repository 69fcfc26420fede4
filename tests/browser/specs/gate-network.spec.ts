/** `block = ["network"]`: requests that scripts make to hosts of denied categories. */
import { expect, policy, test, type Elsewhere, type Page } from "../support/elsewhere.ts";
import { sound } from "../support/axe.ts";
import { probe, script } from "../support/probe.ts";
import type { Server } from "../support/server.ts";
import type { Visitor } from "../support/visitor.ts";

/** Tries every way at one host. Says how each ended. */
const attempts = (page: Page, base: string) =>
  page.evaluate(async base => {
    const fetched = (input: RequestInfo) =>
      fetch(input).then(
        answer => answer.status,
        (error: unknown) => (error as Error).name,
      );
    const asked = (asynchronous: boolean) =>
      new Promise<unknown>(done => {
        const request = new XMLHttpRequest();
        const heard: string[] = [];
        request.open("GET", `${base}/xhr${asynchronous ? "" : "-sync"}`, asynchronous);
        for (const type of ["load", "error"] as const) request.addEventListener(type, () => heard.push(type));
        request.addEventListener("loadend", () => done([...heard, request.readyState, request.status]));
        try {
          request.send();
        } catch (error) {
          done((error as Error).name);
        }
      });
    const drawn = (give: (image: HTMLImageElement) => void) =>
      new Promise<string>(done => {
        const image = new Image();
        image.onload = image.onerror = event => done((event as Event).type);
        give(image);
      });
    const connected = (make: () => WebSocket | EventSource) => {
      try {
        make().close();
        return "made";
      } catch (error) {
        return (error as Error).name;
      }
    };
    return {
      fetch: await fetched(base + "/fetch"),
      request: await fetched(new Request(base + "/request")),
      xhr: await asked(true),
      sync: await asked(false),
      beacon: navigator.sendBeacon(base + "/beacon", "1"),
      src: await drawn(image => (image.src = base + "/src.gif")),
      srcset: await drawn(image => (image.srcset = `/none.gif 1x, ${base}/srcset.gif 1x`)),
      attribute: await drawn(image => image.setAttribute("SRC", base + "/attribute.gif")),
      socket: connected(() => new WebSocket(base.replace("http", "ws") + "/socket")),
      events: connected(() => new EventSource(base + "/events")),
    };
  }, base);

const REFUSED = {
  fetch: "TypeError",
  request: "TypeError",
  xhr: ["error", 4, 0],
  sync: "NetworkError",
  beacon: false,
  src: "error",
  srcset: "error",
  attribute: "error",
  socket: "SecurityError",
  events: "SecurityError",
};
const SENT = {
  fetch: 200,
  request: 200,
  xhr: ["load", 4, 200],
  sync: ["load", 4, 200],
  beacon: true,
  src: "load",
  attribute: "load",
  socket: "made",
  events: "made",
};
interface Fixtures {
  visitor: Visitor;
  page: Page;
  server: Server;
  elsewhere: Elsewhere;
}

/** Opens a page with the banner of a site. */
const open = async (
  { visitor, page, server, elsewhere }: Fixtures,
  head = script("network"),
  files: Record<string, string> = {},
) => {
  // Page code that is asked for by none of them: an address of the page's own.
  await page.route("**/none.gif", route => route.fulfill({ status: 404 }));
  await page.route("**/own", route => route.fulfill({ body: "own" }));
  await probe(page, server, "<body>", files, policy(elsewhere), head);
  await visitor.open("/probe");
};

test("while it is denied every request fails, and none is made; granted, all are made; withdrawn, none again", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await open({ visitor, page, server, elsewhere });
  expect(await attempts(page, elsewhere.url("stats"))).toEqual(REFUSED);
  expect(await attempts(page, elsewhere.url("a.b.stats"))).toEqual(REFUSED);
  expect(elsewhere.asked).toEqual([]);

  await page.evaluate(() => window.consent.set({ analytics: "grant" }));
  expect(await attempts(page, elsewhere.url("stats"))).toMatchObject(SENT);
  await expect
    .poll(() => elsewhere.asked)
    .toEqual(
      expect.arrayContaining(
        ["/fetch", "/request", "/xhr", "/xhr-sync", "/beacon", "/src.gif"].map(path => "stats " + path),
      ),
    );
  // Another category's host is still denied.
  const before = elsewhere.asked.length;
  expect(await attempts(page, elsewhere.url("ads"))).toEqual(REFUSED);

  await page.evaluate(() => window.consent.withdraw());
  expect(await attempts(page, elsewhere.url("stats"))).toEqual(REFUSED);
  await page.waitForTimeout(200);
  expect(elsewhere.asked.slice(before).filter(line => !/socket|events/.test(line))).toEqual([]);
});

test("a service's host is asked when the service is granted, or its category", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await open({ visitor, page, server, elsewhere });
  const fetched = () =>
    page.evaluate(
      address =>
        fetch(address).then(
          answer => answer.status,
          (error: unknown) => (error as Error).name,
        ),
      elsewhere.url("video", "/film"),
    );
  expect(await fetched()).toBe("TypeError");
  await visitor.press("customise");
  await page.click("#consent-service-video");
  await visitor.press("save");
  expect(await fetched()).toBe(200);
  await page.evaluate(() => window.consent.withdraw());
  expect(await fetched()).toBe("TypeError");
});

test("the second layer names each host, below its category or its service", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await open({ visitor, page, server, elsewhere });
  await visitor.press("customise");
  const section = (category: string) => page.locator(`section:has(#consent-toggle-${category})`);
  await expect(section("analytics").locator("> .consent-hosts")).toContainText("Servers contacted");
  await expect(section("analytics").locator("> .consent-hosts code")).toHaveText(["stats.localhost"]);
  await expect(section("advertisement").locator("> .consent-hosts code")).toHaveText(["ads.localhost"]);
  await expect(section("functional").locator("> .consent-hosts")).toHaveCount(0);
  await expect(section("functional").locator("li .consent-hosts code")).toHaveText(["video.localhost"]);
  await expect(section("performance").locator(".consent-hosts")).toHaveCount(0);
  await sound(page, "the second layer with hosts", ".consent-ui");
});

test("nobody else is hindered: other hosts, the page's own, the server that takes the choice", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  await open({ visitor, page, server, elsewhere });
  expect(await attempts(page, elsewhere.url("other"))).toMatchObject(SENT);
  expect(await attempts(page, elsewhere.url("notstats"))).toMatchObject(SENT);
  const odd = await page.evaluate(async () => {
    const own = await (await fetch("/own")).text();
    const image = new Image();
    image.setAttribute("alt", "");
    image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
    await image.decode();
    const faults = [() => fetch("http://["), () => new XMLHttpRequest().send()].map(async act => {
      try {
        await act();
        return "nothing";
      } catch (error) {
        return (error as Error).name;
      }
    });
    return [own, image.width, await Promise.all(faults), fetch.call(undefined, "/own") instanceof Promise];
  });
  // What the browser says by itself of wrong use is what it says here.
  expect(odd).toEqual(["own", 1, ["TypeError", "InvalidStateError"], true]);
  await visitor.press("accept-all");
  await visitor.delivered();
});

test("a site that switches it off has none of it", async ({ visitor, page, server, elsewhere }) => {
  await open({ visitor, page, server, elsewhere }, script("open"));
  expect(await attempts(page, elsewhere.url("stats"))).toMatchObject(SENT);
  const own = await page.evaluate(() => /native code/.test(fetch.toString() + XMLHttpRequest.prototype.send));
  expect(own).toBe(true);
});

test("two copies of the script stand before the browser once", async ({
  visitor,
  page,
  server,
  elsewhere,
}) => {
  const twice = `${script("network")}<script src="/look.js"></script>${script("newsroom")}`;
  await open({ visitor, page, server, elsewhere }, twice, { "/look.js": "window.first = fetch" });
  expect(await page.evaluate(() => (window as unknown as { first: unknown }).first === fetch)).toBe(true);
  expect(await attempts(page, elsewhere.url("stats"))).toEqual(REFUSED);
});
