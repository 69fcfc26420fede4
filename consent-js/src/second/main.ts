/** Start of the second layer's script: it says how it is opened and closed. */
import "extras";
import { kit } from "./kit.ts";
import { closeSettings, openSettings } from "./settings.ts";

kit._open = openSettings;
kit._close = closeSettings;
