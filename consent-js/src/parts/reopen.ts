/** A small button that floats on every page and leads back to the choices. */
import type { Part } from "../part.ts";

const reopen: Part<unknown> = ({ chosen, listen, notice, open, sheet }) => {
  let button: HTMLButtonElement | undefined;

  const show = () => {
    if (!document.body || !chosen() || button?.isConnected) return;
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.id = "consent-reopen";
      button.className = "consent-ui";
      button.lang = notice.language;
      button.dir = notice.direction;
      button.dataset["theme"] = notice.layout.theme;
      button.textContent = notice.texts.reopen!;
      button.onclick = () => open();
      sheet().insertRule(
        "#consent-reopen{bottom:1em;inset-inline-start:1em;padding:.6em 1.2em;border-width:1px;border-radius:2em;" +
          "cursor:pointer;font-size:.9em}",
        sheet().cssRules.length,
      );
    }
    document.body.append(button);
  };

  listen(show);
  document.addEventListener("DOMContentLoaded", show);
  show();
};

export default reopen;
