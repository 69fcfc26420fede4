// Shows what ran, in which order, and what is kept on this machine. It only looks: it sets nothing.
{
  const ran = [];

  // Third-party scripts announce themselves; the frame does it from inside. They may come before the page is parsed.
  document.addEventListener("third-party", ({ detail }) => announce(detail));
  addEventListener("message", ({ data, origin }) => {
    if (origin === location.origin && data?.thirdParty) announce(data.thirdParty);
  });

  function announce(name) {
    ran.push(`${name} · ${new Date().toLocaleTimeString(document.documentElement.lang)}`);
    look();
  }

  function show(id, lines) {
    const place = document.querySelector(id);
    const shown = Array.from(place?.children ?? [], line => line.textContent);
    if (!place || String(shown) === String(lines)) return;
    place.replaceChildren(...lines.map(text => Object.assign(document.createElement("li"), { textContent: text })));
  }

  function look() {
    show("#ran", ran);
    show("#cookies", document.cookie.split("; ").filter(Boolean).map(pair => pair.split("=")[0]).sort());
    show("#storage", Object.keys(localStorage).sort());
  }

  document.addEventListener("consent:change", look);
  document.addEventListener("DOMContentLoaded", look);
  setInterval(look, 500);
}
