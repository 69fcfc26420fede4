/** Takes over what was chosen on onetrust. */
import { onetrust } from "./platforms/onetrust.ts";
import { takeOver } from "./platforms/take.ts";

export default takeOver("onetrust", onetrust);
