/** Requests that scripts make to hosts of denied categories: each fails as it does without a network. */
import type { Part } from "../part.ts";
import { deniedHosts } from "./gate/hosts.ts";
import { patch } from "./gate/patch.ts";

const network: Part<unknown> = kit => {
  const denied = deniedHosts(kit);
  const page = window as unknown as Record<string, (new () => object) | undefined>;

  patch(
    window,
    "fetch",
    (_self, [input]) =>
      denied(input instanceof Request ? input.url : input) &&
      (() => Promise.reject(new TypeError("Failed to fetch"))),
  );
  patch(Navigator.prototype, "sendBeacon", (_self, [address]) => denied(address) && (() => false));

  const opened = new WeakMap<XMLHttpRequest, unknown[]>();
  patch(XMLHttpRequest.prototype, "open", (self, args) => {
    opened.set(self, args);
    delete self.readyState; // of an earlier request that failed here
  });
  patch(XMLHttpRequest.prototype, "send", (self: XMLHttpRequest) => {
    const [, address, asynchronous] = opened.get(self)!;
    if (!denied(address)) return;
    return () => {
      if (asynchronous === false) throw new DOMException("Failed to load", "NetworkError");
      setTimeout(() => {
        Object.defineProperty(self, "readyState", { value: 4, configurable: true });
        for (const type of ["readystatechange", "error", "loadend"])
          self.dispatchEvent(new ProgressEvent(type));
      });
    };
  });

  // Of an image that scripts give an address, whether it is in the page or not: pixels never are.
  const refuse = (image: HTMLImageElement, value: unknown) =>
    String(value).split(/,?\s+/).some(denied) &&
    (() => void setTimeout(() => image.dispatchEvent(new Event("error"))));
  for (const name of ["src", "srcset"])
    patch(HTMLImageElement.prototype, name, (image, [value]) => refuse(image, value));
  patch(
    Element.prototype,
    "setAttribute",
    (self, [name, value]) =>
      self instanceof HTMLImageElement && /^src(set)?$/i.test(name) && refuse(self, value),
  );

  for (const name of ["WebSocket", "EventSource"])
    page[name] &&= new Proxy(page[name], {
      construct(target, args, made) {
        if (denied(args[0])) throw new DOMException("Failed to connect", "SecurityError");
        return Reflect.construct(target, args, made);
      },
    });
};

export default network;
