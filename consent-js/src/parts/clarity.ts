/** Microsoft Clarity: the second version of its consent call. */
import type { Part } from "../part.ts";

interface Stub {
  (...command: unknown[]): void;
  q?: unknown[];
}

const clarity: Part<unknown> = ({ allowed, listen }) => {
  const page = window as unknown as { clarity?: Stub };
  const word = (category: string) => (allowed(category) ? "granted" : "denied");
  // Clarity's own snippet takes over a queue that is there before it.
  page.clarity ||= function () {
    // eslint-disable-next-line prefer-rest-params
    (page.clarity!.q ||= []).push(arguments);
  };
  const update = () =>
    // The capital S is theirs.
    page.clarity!("consentv2", { ad_Storage: word("advertisement"), analytics_Storage: word("analytics") });

  update();
  listen(update);
};

export default clarity;
