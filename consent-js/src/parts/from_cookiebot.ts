/** Takes over what was chosen on cookiebot. */
import { cookiebot } from "./platforms/cookiebot.ts";
import { takeOver } from "./platforms/take.ts";

export default takeOver("cookiebot", cookiebot);
