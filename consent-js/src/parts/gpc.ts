/** Global Privacy Control where the regime takes silence until an objection: it is one, recorded and said. */
import type { Part } from "../part.ts";
import { made, tell, withBody } from "./choice/box.ts";

interface Settings {
  /** Says that it was honoured, in the language of the notice. */
  text: string;
}

const gpc: Part<Settings> = (kit, { text }) => {
  const { allowed, chosen, gpc, object } = kit;
  if (!gpc()) return;
  const first = !chosen();

  // In both layers, whenever they are shown: advertising can be off for no other reason than the visitor's own.
  const say = () => {
    if (allowed("advertisement")) return;
    for (const place of ["#consent-banner .consent-text", "#consent-settings-dialog .consent-scroll"]) {
      const layer = document.querySelector(place);
      if (layer && !layer.querySelector("#consent-gpc")) layer.prepend(made("p", "consent-gpc", text));
    }
  };
  object();
  withBody(() => {
    new MutationObserver(say).observe(document.body, { childList: true });
    say();
    // And once in the page, since no layer is shown to somebody whose browser has answered.
    if (first && chosen() && !allowed("advertisement")) tell(kit, "consent-signal", text);
  });
};

export default gpc;
