/** Takes over what was chosen on complianz. */
import { complianz } from "./platforms/complianz.ts";
import { takeOver } from "./platforms/take.ts";

export default takeOver("complianz", complianz);
