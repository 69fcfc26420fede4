/** Takes over what was chosen on orestbida. */
import { orestbida } from "./platforms/orestbida.ts";
import { takeOver } from "./platforms/take.ts";

export default takeOver("orestbida", orestbida);
