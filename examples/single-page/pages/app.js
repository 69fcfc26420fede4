// A router of a few lines. Views are made anew on each change of the address, as frameworks do it.
const main = document.querySelector("main");
let leave = () => {};

const views = {
  "/"() {
    main.append(heading("The tramway"), paragraph("Three views, one page: go from one to the other."));
  },
  "/film"() {
    // A frame that waits. Its placeholder comes and goes with it.
    const film = document.createElement("iframe");
    Object.assign(film.dataset, { consent: "functional", src: "/third-party/film.html" });
    Object.assign(film, { title: "A film about tramways", width: "480", height: "270" });
    main.append(heading("A film"), film);
  },
  "/visits"() {
    const state = paragraph("");
    const show = () => {
      state.textContent = consent.allows("analytics") ? "Visits are counted." : "Visits are not counted.";
    };
    show();
    main.append(heading("Visits"), state);
    // `on` gives back what stops it: a view that goes takes its listener with it.
    return consent.on("change", show);
  },
};

function heading(text) {
  return Object.assign(document.createElement("h1"), { textContent: text });
}

function paragraph(text) {
  return Object.assign(document.createElement("p"), { textContent: text });
}

function go() {
  const path = location.hash.replace(/^#/, "") || "/";
  if (!views[path]) return; // `#consent-settings` is the banner's own
  leave();
  main.replaceChildren();
  leave = views[path]() || (() => {});
  // Told of each view only if it may run, and only once it does.
  if (consent.allows("analytics")) window.count?.("/#" + path);
}

addEventListener("hashchange", go);
go();
