/** A choice that a link brought: taken out of the address, recorded, and only then held to. */
import { bitOf, CATEGORIES, type Bits } from "../../category.ts";
import { print } from "../../cookie.ts";
import { dashed, fromBase64, randomHex, toBase64, uuidTime } from "../../ids.ts";
import type { Kit } from "../../part.ts";
import { kept } from "./kept.ts";

const FRAGMENT = /^#consent-handoff=([\w-]*)&?/;

/** For so long no banner is shown to somebody whose choice is on its way; then it asks. */
const PATIENCE = 1_000;

/** The token in the address, which is taken out of it. */
export function take(): string {
  const { hash, pathname, search } = location;
  const [whole, token] = FRAGMENT.exec(hash) || [];
  if (!whole) return "";
  const rest = hash.slice(whole.length);
  history.replaceState(history.state, "", pathname + search + (rest && "#" + rest));
  return token!;
}

/** Has the server record what the token says, and takes it then. Until it has, and whenever it does not, nothing is granted. */
export async function receive(
  token: string,
  send: (body: unknown) => Promise<Response>,
  { gpc, notice, sheet }: Kit,
): Promise<void> {
  // 18 bytes: version, choices, decision.
  const hex = token.length > 24 ? fromBase64(token.slice(0, 24)) : "";
  if (!/^01[01][13579bdf].{12}7.{3}[89ab].{15}$/.test(hex)) return;
  const decision = dashed(hex.slice(4));
  const time = uuidTime(decision);
  // What was chosen here since, or at the same time, is newer.
  const isNewer = () => {
    const here = kept();
    return !here || uuidTime(here._decision) < time;
  };
  if (!isNewer()) return;
  const said = parseInt(hex.slice(2, 4), 16);
  const bits: Bits = gpc() ? said & ~bitOf("advertisement") : said;
  const subject = kept()?._subject || toBase64(randomHex(16));
  const show = hideBanner(sheet());
  try {
    const answer = await send({
      decision_id: decision,
      subject_id: subject,
      notice_id: notice.notice_id,
      action: "handoff",
      handoff: token,
      choices: Object.fromEntries(
        CATEGORIES.slice(1).map(category => [category, bits & bitOf(category) ? "grant" : "deny"]),
      ),
      decided_at: new Date(time).toISOString(),
      signals: { gpc: gpc() },
      language: notice.language,
      page: location.pathname.slice(0, 1024), // as much as the server takes
    });
    const { decision_id } = (await answer.json()) as { decision_id?: string };
    // The visitor may have answered the banner meanwhile.
    if (answer.ok && decision_id === decision && isNewer()) {
      const choice = {
        _bits: bits,
        _decidedAt: Math.floor(time / 1000),
        _notice: notice.notice_id!.slice(0, 12),
        _subject: subject,
        _decision: decision,
      };
      const life = Math.floor(notice.ask_again_after * 86400 - (Date.now() - time) / 1000);
      const secure = /^https/.test(location.protocol) ? ";Secure" : "";
      document.cookie = `consent=${print(choice)};Path=/;Max-Age=${life};SameSite=Lax${secure}`;
      // The script takes it as it takes a choice of another tab.
      dispatchEvent(new StorageEvent("storage", { key: "consent:" + notice.site }));
    }
  } catch {
    // not reached, or not told: the banner asks
  }
  show();
}

/** Keeps the banner out of sight for a moment; gives back what shows it again. */
function hideBanner(rules: CSSStyleSheet): () => void {
  const text = "#consent-banner{display:none!important}";
  const rule = rules.cssRules[rules.insertRule(text, rules.cssRules.length)];
  const show = (): void => {
    const at = [...rules.cssRules].indexOf(rule!);
    if (at >= 0) rules.deleteRule(at);
  };
  setTimeout(show, PATIENCE);
  return show;
}
