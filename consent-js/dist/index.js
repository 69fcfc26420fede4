function current() {
  const found = typeof window === "undefined" ? void 0 : window.consent;
  return typeof found?.allows === "function" ? found : void 0;
}
let waiting;
function consent() {
  const found = current();
  if (found) return Promise.resolve(found);
  return waiting || (waiting = new Promise((done) => {
    if (typeof document === "undefined") return;
    const look = () => {
      const found2 = current();
      if (!found2) return;
      document.removeEventListener("load", look, true);
      done(found2);
    };
    document.addEventListener("load", look, true);
  }));
}
function load(url, attributes = {}) {
  const found = current();
  if (found) return Promise.resolve(found);
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
    script.onload = () => {
      const found2 = current();
      if (found2) done(found2);
      else failed(new Error("the script put no consent into the page"));
    };
    script.onerror = () => failed(new Error("the script could not be loaded"));
    script.src = url;
    document.head.append(script);
  });
}
const words = (categories) => [categories].flat().join(" ");
const scriptAttributes = (categories, src) => ({
  type: "text/plain",
  "data-consent": words(categories),
  "data-src": src
});
const frameAttributes = (categories, src) => ({
  "data-consent": words(categories),
  "data-src": src
});
export {
  consent,
  current,
  frameAttributes,
  load,
  scriptAttributes
};
