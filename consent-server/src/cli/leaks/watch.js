// Tells who writes cookies and storage keys. It runs before every script of a page, holds nothing back, and tells no value.
(() => {
  const tell = globalThis.consentLeaksTell;
  delete globalThis.consentLeaksTell;
  if (!tell || globalThis.consentLeaksWatched) return;
  Object.defineProperty(globalThis, "consentLeaksWatched", { value: true });
  const by = () =>
    (new Error().stack || "").match(/https?:\/\/[^\s)]+?(?=:\d+:\d+)/g)?.slice(0, 20) ?? [];
  const told = (what, name, attributes) => {
    try {
      const line = String(name).slice(0, 300);
      const host = location.hostname;
      tell(JSON.stringify({ what, name: line, attributes: String(attributes).slice(0, 500), host, by: by() }));
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
})();
