// Shows what ran, in which order, and what is kept on this machine. It only looks: it sets nothing.
const ran = document.querySelector("#ran");

// Third-party scripts announce themselves; the frame does it from inside.
document.addEventListener("third-party", ({ detail }) => announce(detail));
addEventListener("message", ({ data, origin }) => {
  if (origin === location.origin && data?.thirdParty) announce(data.thirdParty);
});

function announce(name) {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString(document.documentElement.lang);
  line.append(name, " · ", time);
  ran.append(line);
  look();
}

function list(id, names) {
  const place = document.querySelector(id);
  const lines = names.map(name => Object.assign(document.createElement("li"), { textContent: name }));
  if (place.textContent !== names.join("")) place.replaceChildren(...lines);
}

function look() {
  list("#cookies", document.cookie.split("; ").filter(Boolean).map(pair => pair.split("=")[0]).sort());
  list("#storage", Object.keys(localStorage).sort());
}

document.addEventListener("consent:change", look);
setInterval(look, 500);
look();
