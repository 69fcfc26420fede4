/** Microsoft Universal Event Tracking: one flag, for advertising. */
import type { Part } from "../part.ts";

const uet: Part<unknown> = ({ allowed, chosen, listen }) => {
  const page = window as unknown as { uetq?: { push(...command: unknown[]): void } };
  // The tag takes what waits in the array, three values for each command, and puts an object of its own in its place.
  const tell = (kind: "default" | "update", granted: boolean) =>
    (page.uetq ||= []).push("consent", kind, { ad_storage: granted ? "granted" : "denied" });
  const update = () => tell("update", allowed("advertisement"));

  tell("default", !chosen() && allowed("advertisement"));
  if (chosen()) update();
  listen(update);
};

export default uet;
