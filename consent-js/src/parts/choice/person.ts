/** Whose choice the page follows: it is handed from the device to an account and back, and nothing of one stays with the other. */
import { NONE } from "../../category.ts";
import type { Kit } from "../../part.ts";
import { kept } from "./kept.ts";
import { COOKIE } from "./known.ts";

/** The ways between them. */
export interface Person {
  /** Nobody is signed in: the device's own choice, as it was. */
  device(): void;
  /** Somebody is, and it is not known yet what they chose: nothing may run against it. What they choose now is theirs. */
  unknown(subject: string, token: string): void;
  /** An account's choice, if it has one; until then the device's holds, and what is chosen is the account's. */
  account(subject: string, token: string): void;
  /** Another page may have chosen for an account that had no choice, or for the device that it follows. */
  look(): void;
  /** The browser's objection is the device's own, as everything that an account did not choose. */
  object(): void;
}

/** `kit` is that of all parts, of which `own` is as it was. */
export function person(kit: Kit, own: Kit): Person {
  const { restart, whose } = own;
  /** Who is signed in without a choice of theirs. */
  let unasked: [subject: string, token: string] | undefined;
  /** The device's choice that they follow. */
  let followed: string | undefined;
  let objects = false;
  let last = "";
  const change = (subject: string, act: () => void, isHeld = false): void => {
    kit.changes = isHeld || subject !== last;
    kit.signedIn = !!subject;
    last = subject;
    unasked = undefined;
    act();
    kit.changes = false;
  };
  const ways: Person = {
    device: () =>
      change("", () => {
        whose({});
        restart();
      }),
    unknown: (subject, token) =>
      change(
        subject,
        () => {
          whose({ kept: "", next: COOKIE, subject, token });
          own.take(NONE, Date.now());
        },
        true,
      ),
    account: (subject, token) =>
      change(subject, () => {
        const theirs = { kept: COOKIE, next: COOKIE, subject, token };
        if (kept(COOKIE)?._subject === subject) {
          whose(theirs);
          return restart();
        }
        unasked = [subject, token];
        whose({});
        restart();
        if (objects) own.object();
        followed = kept()?._decision;
        whose({ ...theirs, kept: "consent" });
      }),
    look: () => {
      if (unasked && (kept(COOKIE)?._subject === unasked[0] || kept()?._decision !== followed))
        ways.account(...unasked);
    },
    object: () => {
      objects = true;
      if (unasked) ways.account(...unasked);
    },
  };
  return ways;
}
