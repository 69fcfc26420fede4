/** What a check found, in plain words. */
import type { Fields } from "./canonical.ts";
import { element } from "./element.ts";
import type { Checked } from "./receipt.ts";
import { Refusal } from "./refusal.ts";
import type { Words } from "./words.en.ts";

type Row = [string, (Node | string)[]];

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The receipt holds: what it shows. `root` is where the server's own addresses begin. */
export function holds(checked: Checked, words: Words, language: string, root: string): HTMLElement {
  const { head, decision, subject } = checked;
  const date = (moment: string | number) => {
    const at = new Date(moment);
    if (Number.isNaN(at.getTime())) return String(moment);
    const shown = at.toLocaleString(language, { dateStyle: "long", timeStyle: "long" });
    return element("time", { datetime: at.toISOString() }, shown);
  };
  const code = (value: string) => element("code", {}, value);
  // Where the choice was taken over, what counts is when and where the visitor made it.
  const from = decision?.["provenance"] as Fields | undefined;
  const action = text(decision?.["action"]);
  const what: Row[] = decision
    ? [
        [words.decided, [date(text(from?.["decided_at"] ?? decision["decided_at"])), note(words.decided_by)]],
        [words.action, [(words.actions[action] ?? action) + (from ? ` (${text(from["platform"])})` : "")]],
        [words.page, [text(decision["page"])]],
        [words.language, [text(decision["language"])]],
        [words.region, [text(decision["region"])]],
      ]
    : [[words.action, [words.erased]]];
  const rows: Row[] = [
    [words.site, [head.site]],
    [words.recorded, [date(checked.time * 1000), note(words.recorded_by)]],
    ...what,
    [
      words.notice,
      [
        element(
          "a",
          { href: `${root}v1/sites/${head.site}/notices/${checked.notice}.html`, rel: "noopener" },
          `${words.notice_id} ${checked.notice.slice(0, 12)}…`,
        ),
      ],
    ],
    [words.visitor, [subject ? code(text(subject["subject_id"])) : words.erased]],
    [words.log, [code(head.origin), note(words.place(checked.index, head.size))]],
    [words.signer, head.signers.map(code)],
  ];
  return element(
    "section",
    { class: "verdict holds" },
    element("h2", {}, words.holds),
    element("p", {}, words.holds_body),
    decision && choices(decision, words),
    element(
      "dl",
      {},
      ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, ...value)]),
    ),
  );
}

/** The receipt does not hold, or can not be checked: why. */
export function refused(error: unknown, words: Words): HTMLElement {
  if (error instanceof Refusal && error.unknownKey) {
    return element("section", { class: "verdict unknown" }, element("p", {}, words.unknown), said(error));
  }
  const cause = error instanceof Refusal ? words.causes[error.cause] + "." : "";
  return element(
    "section",
    { class: "verdict refused" },
    element("h2", {}, words.holds_not),
    element("p", {}, cause),
    said(error),
  );
}

const note = (value: string): HTMLElement => element("small", {}, value);

const said = (error: unknown): HTMLElement =>
  element("p", { class: "said", lang: "en" }, error instanceof Error ? error.message : String(error));

function choices(decision: Fields, words: Words): HTMLElement | false {
  const made = decision["choices"];
  if (typeof made !== "object" || !made) return false;
  const lines = Object.entries(words.categories).map(([category, name]) => {
    const granted = (made as Fields)[category] === "grant";
    return element(
      "li",
      { class: granted ? "grant" : "deny" },
      element("span", {}, name),
      element("strong", {}, granted ? words.grant : words.deny),
    );
  });
  return element("ul", { class: "choices" }, ...lines);
}
