/** Takes over what was chosen on klaro. */
import { klaro } from "./platforms/klaro.ts";
import { takeOver } from "./platforms/take.ts";

export default takeOver("klaro", klaro);
