/** The words of the page in English. */
import type { Cause } from "./refusal.ts";

export const en = {
  title: "Check a receipt",
  intro:
    "A receipt proves that your choice stands in the log of the site, unchanged, at its time. It is checked here, in your browser: the file is sent nowhere.",
  drop: "Drop the .tlog-proof file here, or",
  choose: "Choose a file",
  paste: "Or paste the text of the receipt",
  check: "Check the text",
  keys: "Keys that are trusted",
  keys_body:
    "A receipt is signed with the key of the site’s log. These keys come from this server; if it is this server that you do not trust, put those here that you were given in another way. One a line, as name+hash+key, or a tlog-policy.",
  keys_unread: "Lines that are no key, and are not used: ",
  keys_failed: "This server’s keys could not be loaded. Paste the key of the log here.",
  unsupported:
    "This browser can not check Ed25519 signatures (or this page did not come over https). Nothing was checked. Use a newer browser, or the program: consent verify --receipt FILE --policy KEYS",
  holds: "The receipt holds.",
  holds_body: "The log’s key signed a log in which exactly this decision stands at this place.",
  holds_not: "The receipt does not hold.",
  unknown:
    "The receipt can not be checked: none of the keys is that of its log. Nothing is known to be wrong with it; add the key below.",
  causes: {
    format: "It is not a whole receipt file",
    content: "It does not carry a decision",
    entry: "Its entry is not that of a decision",
    opening: "What it says was decided is not what was recorded",
    checkpoint: "Its signature is not to be trusted",
    inclusion: "Its proof does not lead to the signed log",
  } as Record<Cause, string>,
  recorded: "Recorded",
  recorded_by: "by the clock of the server",
  decided: "Chosen",
  decided_by: "by the clock of the browser",
  site: "Site",
  action: "What was done",
  actions: {
    accept_all: "Everything accepted",
    reject_all: "Everything refused",
    save: "A choice for each category",
    withdraw: "Consent withdrawn",
    close: "Closed without a choice",
    signal: "Objection sent by the browser",
    import: "Taken over from elsewhere",
    handoff: "Taken over from another site of the group",
  } as Record<string, string>,
  categories: {
    necessary: "Necessary",
    functional: "Functional",
    analytics: "Analytics",
    performance: "Performance",
    advertisement: "Advertisement",
  } as Record<string, string>,
  grant: "granted",
  deny: "denied",
  page: "On the page",
  language: "Language of the notice",
  region: "Rules of",
  notice: "What was shown",
  notice_id: "notice",
  visitor: "Visitor’s number",
  erased: "erased before the receipt was made",
  log: "Log",
  place: (index: number, size: number) => `entry ${index}, proven for the first ${size} entries`,
  signer: "Signed by",
};

/** The words of one language. */
export type Words = typeof en;
