/** Whose choice the page follows: it is handed from the device to an account and back, and nothing of one stays with the other. */
import { NONE } from "../../category.ts";
import type { Kit } from "../../part.ts";
import { drop } from "./found.ts";
import { kept } from "./kept.ts";
import { COOKIE, remember } from "./known.ts";

/** The ways between them. */
export interface Person {
  /** Nobody is signed in: the device's own choice, as it was. */
  device(): void;
  /** Somebody is, and it is not known yet what they chose: nothing may run against it. */
  nobody(): void;
  /** An account's choice, if it has one; until then the device's holds, and what is chosen is the account's. */
  account(subject: string, token: string): void;
  /** The browser's objection is the device's own, as everything that an account did not choose. */
  object(): void;
}

/** `kit` is that of all parts, of which `own` is as it was. */
export function person(kit: Kit, own: Kit): Person {
  const { restart, whose } = own;
  /** Who is signed in without a choice of theirs. */
  let unasked: [subject: string, token: string] | undefined;
  let objects = false;
  const change = (act: () => void): void => {
    kit.changes = true;
    act();
    kit.changes = false;
  };
  const ways: Person = {
    device: () =>
      change(() => {
        unasked = undefined;
        drop();
        remember(kit.notice.site);
        whose("consent");
        restart();
      }),
    nobody: () =>
      change(() => {
        unasked = undefined;
        drop();
        whose(COOKIE);
        own.take(NONE, Date.now());
      }),
    account: (subject, token) =>
      change(() => {
        unasked = kept(COOKIE)?._subject === subject ? undefined : [subject, token];
        if (unasked) {
          whose("consent");
          restart();
          if (objects) own.object();
        }
        whose(COOKIE, subject, token);
        if (!unasked) restart();
      }),
    object: () => {
      objects = true;
      if (unasked) ways.account(...unasked);
    },
  };
  return ways;
}
