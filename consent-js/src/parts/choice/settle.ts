/** Which of two choices of an account counts: the one that the server knows, or the one that was made here. */
import { newer, print } from "../../cookie.ts";
import type { Kit } from "../../part.ts";
import { post } from "./base.ts";
import { keep, storedOf, type Found } from "./found.ts";
import { kept, lifeOf, put } from "./kept.ts";
import { COOKIE, recall, remember, waitingOf, type Known } from "./known.ts";

/** What was asked: by whose word, of whom, and whether the server has the decision that was made here, if there is one. */
export interface Asked {
  token: string;
  known: Known;
  decision: string | undefined;
}

/**
 * What was found counts, unless the server did not know what was chosen here: then it is told once more. Keeps the one that does, and
 * says whether it is new here.
 */
export async function settle(
  api: string,
  { notice }: Kit,
  { choice, held, subject_id: subject }: Found,
  { token, known, decision }: Asked,
): Promise<boolean> {
  const { tag } = known;
  const here = kept(COOKIE);
  const isTheirs = here?._subject === known.subject || here?._subject === subject;
  const waits = waitingOf(notice, tag);
  const made = newer(isTheirs ? here : null, waits);
  const stored = choice && storedOf(choice, subject);
  const { last } = recall(notice, tag);
  // By the server's clock the later one counts, so what it has it knows better.
  let isOurs = !!made && (!!waits || made._decision !== decision) && newer(stored || null, made) === made;
  // It was refused, for instance as the token had expired; or it was erased, and is refused again.
  if (made && !isOurs && !held && last?.decision_id === made._decision) {
    const answer = await post(api + "decisions", { ...last, account: token }).catch(() => null);
    isOurs = !answer || answer.ok;
  }
  if (isOurs) put(COOKIE, print({ ...made!, _subject: subject }), lifeOf(made!, notice));
  else if (stored) keep(stored, choice, notice);
  else put(COOKIE, "0", 86400); // so that a service knows it, too
  remember(notice.site, {
    tag,
    subject,
    at: waits ? 0 : Date.now(),
    none: !isOurs && !stored,
    last: isOurs ? last : undefined,
  });
  return !!stored && !isOurs && made?._decision !== stored._decision;
}
