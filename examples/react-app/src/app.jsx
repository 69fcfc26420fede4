import { frameAttributes } from "consent-js";
import { useConsent } from "consent-js/react";
import { useState } from "react";

const VIEWS = { Home, Film, Visits };

export function App() {
  const [view, show] = useState("Home");
  const View = VIEWS[view];
  return (
    <>
      <nav>
        {Object.keys(VIEWS).map(name => (
          <button key={name} onClick={() => show(name)}>
            {name}
          </button>
        ))}
        <a href="#consent-settings">Cookies</a>
      </nav>
      <main>
        <h1>{view}</h1>
        <View />
      </main>
    </>
  );
}

function Home() {
  return <p>Drawn on a server, hydrated in the browser.</p>;
}

function Film() {
  // Put in by hand: the placeholder that comes to stand beside it would not be what a server has drawn.
  return <div ref={film} />;
}

function film(place) {
  if (!place || place.firstChild) return;
  const frame = document.createElement("iframe");
  const attributes = { ...frameAttributes("functional", "/third-party/film.html"), title: "A film", width: 480, height: 270 };
  for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
  place.append(frame);
}

function Visits() {
  const counted = useConsent("analytics");
  return <p id="visits">{counted ? "Visits are counted." : "Visits are not counted."}</p>;
}
