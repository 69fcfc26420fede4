/** The Pinterest tag. */
import type { Part } from "../part.ts";
import { beforeFirst, type Queue } from "./first.ts";

const pinterest: Part<unknown> = ({ allowed, listen }) => {
  const tell = (pintrk: Queue) => pintrk("setconsent", allowed("advertisement"));
  const found = beforeFirst("pintrk", tell);
  listen(() => {
    const pintrk = found();
    if (pintrk) tell(pintrk);
  });
};

export default pinterest;
