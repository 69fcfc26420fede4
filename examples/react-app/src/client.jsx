import { hydrateRoot } from "react-dom/client";
import { App } from "./app.jsx";

// What React could not hydrate is kept where the tests look for it.
window.mismatches = [];
hydrateRoot(document.getElementById("root"), <App />, {
  onRecoverableError: error => window.mismatches.push(String(error)),
});
window.hydrated = true;
