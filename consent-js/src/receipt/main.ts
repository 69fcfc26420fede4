/** The page on which a visitor checks a receipt. The file is read and checked here and goes nowhere. */
import { utf8 } from "./bytes.ts";
import { element } from "./element.ts";
import { canVerify, parseKeys } from "./key.ts";
import { MAX_BYTES } from "./proof.ts";
import { checkReceipt } from "./receipt.ts";
import { Refusal } from "./refusal.ts";
import { holds, refused } from "./result.ts";
import { choose, LANGUAGES } from "./words.ts";

// Where the server's addresses begin: this script is at `receipt/page.js` below it.
const root = new URL("..", (document.currentScript as HTMLScriptElement).src).href;
const asked = new URLSearchParams(location.search).get("lang");
const { language, words } = choose([...(asked ? [asked] : []), ...navigator.languages]);

const keys = element("textarea", { id: "keys", rows: "4", spellcheck: "false", autocomplete: "off" });
const pasted = element("textarea", { id: "pasted", rows: "5", spellcheck: "false", autocomplete: "off" });
const file = element("input", { id: "file", type: "file", accept: ".tlog-proof,text/plain" });
const result = element("div", { id: "result", role: "status", tabindex: "-1" });
const keysSaid = element("p", { id: "keys-said", role: "status" });
let run = 0;

/** Checks bytes against the keys as they stand, and shows what comes of it unless another check began meanwhile. */
async function check(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const mine = ++run;
  const { keys: known, unread } = await parseKeys(keys.value);
  keysSaid.textContent = unread ? words.keys_unread + unread : "";
  const found = await checkReceipt(bytes, known).then(
    checked => holds(checked, words, language, root),
    (error: unknown) => {
      details.open ||= error instanceof Refusal && error.unknownKey;
      return refused(error, words);
    },
  );
  if (mine !== run) return;
  result.replaceChildren(found);
  result.focus();
}

async function checkFile(chosen: File | undefined): Promise<void> {
  // One byte more than a receipt may have is enough to refuse it.
  if (chosen) await check(new Uint8Array(await chosen.slice(0, MAX_BYTES + 1).arrayBuffer()));
}

const drop = element(
  "div",
  { class: "drop" },
  element("p", { id: "drop-words" }, words.drop),
  element("label", { class: "button", for: "file" }, words.choose),
  file,
);

const details = element(
  "details",
  {},
  element("summary", {}, words.keys),
  element("p", { id: "keys-body" }, words.keys_body),
  keys,
  keysSaid,
);

/** Puts the page together. */
function show(main: HTMLElement, able: boolean): void {
  const others = Object.entries(LANGUAGES).filter(([tag]) => tag !== language);
  main.replaceChildren(
    element(
      "nav",
      {},
      ...others.map(([tag, name]) => element("a", { href: "?lang=" + tag, hreflang: tag, lang: tag }, name)),
    ),
    element("h1", {}, words.title),
    element("p", { class: "intro" }, words.intro),
  );
  if (!able) {
    main.append(element("p", { class: "verdict unknown", role: "alert" }, words.unsupported));
    return;
  }
  main.append(
    drop,
    element("label", { for: "pasted" }, words.paste),
    pasted,
    element(
      "button",
      { type: "button", class: "button", click: () => void check(utf8(pasted.value)) },
      words.check,
    ),
    result,
    details,
  );
}

async function start(): Promise<void> {
  document.documentElement.lang = language;
  document.title = words.title;
  keys.setAttribute("aria-labelledby", "keys-body");
  file.addEventListener("change", () => {
    void checkFile(file.files?.[0]);
    file.value = "";
  });
  addEventListener("dragover", event => event.preventDefault());
  addEventListener("drop", event => {
    event.preventDefault();
    void checkFile(event.dataTransfer?.files[0]);
  });
  show(document.querySelector("main")!, await canVerify());
  // Now, before there is a receipt: after that this page asks nothing of anybody.
  const answer = await fetch(root + "receipt/keys").catch(() => null);
  if (answer?.ok) keys.value ||= await answer.text();
  else [keysSaid.textContent, details.open] = [words.keys_failed, true];
  document.documentElement.dataset["ready"] = "";
}

void start();
