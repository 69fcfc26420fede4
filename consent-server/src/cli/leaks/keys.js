// The storage keys of a frame, with its host. Names only.
(() => {
  const keys = area => {
    try {
      return Object.keys(area()).slice(0, 500).map(key => key.slice(0, 300));
    } catch {
      return []; // A frame without storage, as in a sandbox.
    }
  };
  return { host: location.hostname, local: keys(() => localStorage), session: keys(() => sessionStorage) };
})();
