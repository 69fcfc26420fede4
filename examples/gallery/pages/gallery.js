// Frames of every layout in the theme and language that are chosen, and one frame for each language.
const languages =
  "ar bg cs da de el en es et fi fr ga he hi hr hu it ja ko lt lv mt nb nl pl pt pt-BR ro sk sl sv tr uk zh-Hans".split(
    " ",
  );
const layouts = ["bar", "corner", "centre"];
const form = document.querySelector("#choice");

const named = code => new Intl.DisplayNames([code], { type: "language" }).of(code);

function options(name, pairs) {
  form.elements[name].append(...pairs.map(([value, text]) => new Option(text, value)));
}

options("layer", [
  ["first", "First"],
  ["second", "Second"],
  ["placeholder", "In place of a frame"],
]);
options("theme", [
  ["auto", "As the system asks"],
  ["light", "Light"],
  ["dark", "Dark"],
  ["own", "A site’s own"],
]);
options(
  "lang",
  languages.map(code => [code, named(code)]),
);
form.elements.lang.value = "en";

function picture(site, lang, device, caption) {
  const figure = document.createElement("figure");
  const box = document.createElement("div");
  box.className = "screen " + device;
  const frame = document.createElement("iframe");
  // Without an origin: no cookie, no record, and the banner each time.
  frame.sandbox = "allow-scripts";
  frame.loading = "lazy";
  frame.title = `${site}, ${named(lang)}, ${device}`;
  frame.src = `/demo.html?${new URLSearchParams({ site, lang, layer: form.elements.layer.value })}`;
  box.append(frame);
  const text = document.createElement("figcaption");
  text.textContent = caption;
  figure.append(box, text);
  return figure;
}

function show() {
  const theme = form.elements.theme.value;
  const lang = form.elements.lang.value;
  const pairs = theme === "own" ? [["own", "corner"]] : layouts.map(layout => [`${layout}-${theme}`, layout]);
  document
    .querySelector("#layouts")
    .replaceChildren(
      ...pairs.flatMap(([site, layout]) => [
        picture(site, lang, "desk", `${layout}, 1280 px`),
        picture(site, lang, "telephone", `${layout}, 360 px`),
      ]),
    );
  const [[site]] = pairs;
  const offered = theme === "own" ? ["en", "fr", "de", "ar"] : languages;
  document
    .querySelector("#languages")
    .replaceChildren(...offered.map(code => picture(site, code, "telephone", `${named(code)} (${code})`)));
}

form.addEventListener("change", show);
show();
