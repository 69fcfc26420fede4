/** The Meta pixel. */
import type { Part } from "../part.ts";
import { beforeFirst, type Queue } from "./first.ts";

const meta: Part<unknown> = ({ allowed, listen }) => {
  const tell = (fbq: Queue) => fbq("consent", allowed("advertisement") ? "grant" : "revoke");
  const found = beforeFirst("fbq", tell);
  listen(() => {
    const fbq = found();
    if (fbq) tell(fbq);
  });
};

export default meta;
