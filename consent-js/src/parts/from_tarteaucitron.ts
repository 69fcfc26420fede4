/** Takes over what was chosen on tarteaucitron. */
import { tarteaucitron } from "./platforms/tarteaucitron.ts";
import { takeOver } from "./platforms/take.ts";

export default takeOver("tarteaucitron", tarteaucitron);
