// Tells who writes cookies and storage keys, opens databases and caches, and starts workers. It runs before every script of a page, holds nothing back, and tells no value.
(() => {
  const tell = globalThis.consentLeaksTell;
  delete globalThis.consentLeaksTell;
  if (!tell || globalThis.consentLeaksWatched) return;
  Object.defineProperty(globalThis, "consentLeaksWatched", { value: true });
  const by = () =>
    (new Error().stack || "").match(/https?:\/\/[^\s)]+?(?=:\d+:\d+)/g)?.slice(0, 20) ?? [];
  const told = (what, name, attributes, scripts = by()) => {
    try {
      const line = String(name).slice(0, 300);
      const host = location.hostname;
      tell(JSON.stringify({ what, name: line, attributes: String(attributes).slice(0, 500), host, by: scripts }));
    } catch {
      // A page that has broken what this needs is still looked at when it has come to rest.
    }
  };
  const cookies = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(Document.prototype, "cookie", {
    ...cookies,
    set(text) {
      cookies.set.call(this, text);
      const [pair, ...attributes] = String(text).split(";");
      const name = pair.split("=")[0].trim();
      // What the browser did not take was not set.
      const kept = cookies.get.call(this).split("; ").some(one => one.split("=")[0] === name);
      if (kept && pair.includes("=")) told("cookie", name, attributes.join(";"));
    },
  });
  const set = Storage.prototype.setItem;
  Storage.prototype.setItem = function setItem(...given) {
    set.apply(this, given);
    told(this === globalThis.sessionStorage ? "session_storage" : "local_storage", given[0], "");
  };
  // Whose script is asked for, without its query, in which values can be; what has no address of its own is named by its scheme.
  const place = address => {
    const at = new URL(address, document.baseURI);
    if (!at.protocol.startsWith("http")) return at.protocol;
    return at.origin === location.origin ? at.pathname : at.origin + at.pathname;
  };
  const same = name => name;
  // Each is told only once it has worked.
  const hold = (owner, method, what, named) => {
    const own = owner?.prototype[method];
    if (!own) return;
    owner.prototype[method] = function (...given) {
      const scripts = by();
      const done = own.apply(this, given);
      if (done instanceof Promise) done.then(() => told(what, named(given[0]), "", scripts), () => {});
      else told(what, named(given[0]), "", scripts);
      return done;
    };
  };
  hold(globalThis.IDBFactory, "open", "indexed_db", same);
  hold(globalThis.CacheStorage, "open", "cache_storage", same);
  hold(globalThis.ServiceWorkerContainer, "register", "service_worker", place);
  if (globalThis.SharedWorker) {
    globalThis.SharedWorker = new Proxy(globalThis.SharedWorker, {
      construct(own, given, kind) {
        const made = Reflect.construct(own, given, kind);
        told("shared_worker", place(given[0]), "");
        return made;
      },
    });
  }
})();
