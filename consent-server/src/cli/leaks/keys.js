// The storage keys of a frame, its databases, caches and service workers, with its host. Names only.
(async () => {
  const cut = names => names.slice(0, 500).map(name => String(name).slice(0, 300));
  const keys = area => {
    try {
      return cut(Object.keys(area()));
    } catch {
      return []; // A frame without storage, as in a sandbox.
    }
  };
  // What a browser does not answer soon it does not answer: the look must not hang on it.
  const soon = async ask => {
    try {
      return cut(await Promise.race([ask(), new Promise(done => setTimeout(done, 2000, []))]));
    } catch {
      return []; // Not there, as in a sandbox and, but for databases, without TLS.
    }
  };
  // The path of a script without its query, in which values can be; of another origin, with that.
  const place = address => {
    const at = new URL(address);
    return at.origin === location.origin ? at.pathname : at.origin + at.pathname;
  };
  const scripts = registrations =>
    registrations.map(one => one.active ?? one.waiting ?? one.installing).filter(Boolean).map(one => place(one.scriptURL));
  return {
    host: location.hostname,
    local: keys(() => localStorage),
    session: keys(() => sessionStorage),
    databases: await soon(async () => (await indexedDB.databases()).map(one => one.name)),
    caches: await soon(() => caches.keys()),
    workers: await soon(async () => scripts(await navigator.serviceWorker.getRegistrations())),
  };
})();
