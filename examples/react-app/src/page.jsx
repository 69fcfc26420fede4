import { renderToString } from "react-dom/server";
import { App } from "./app.jsx";

/** The document. The banner's script comes first; what waits stands beside it and is released once. */
export const page = () => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Tramway</title>
    <link rel="icon" href="data:,">
    <script src="/v1/sites/react-app/banner.js"></script>
    <script type="text/plain" data-consent="analytics" data-src="/third-party/counter.js"></script>
  </head>
  <body>
    <div id="root">${renderToString(<App />)}</div>
    <script src="/app.js"></script>
  </body>
</html>
`;
