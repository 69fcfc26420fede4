/** What the visitor sees, made when it is needed: a visitor who has chosen never pays for it. */
import { tellShown } from "../shown.ts";
import { chosen } from "../state.ts";
import { hideBanner } from "./banner.ts";
import { withBody } from "./element.ts";
import { closeSettings, showFirst } from "./second.ts";

/** Brings what is shown into step with what holds when there is a body to show it in. */
export const updateView = (): void =>
  withBody(() => {
    if (chosen()) {
      hideBanner();
      closeSettings();
    } else {
      showFirst();
      tellShown();
    }
  });
