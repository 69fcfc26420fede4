/** Takes over what was chosen on cookieyes. */
import { cookieyes } from "./platforms/cookieyes.ts";
import { takeOver } from "./platforms/take.ts";

export default takeOver("cookieyes", cookieyes);
