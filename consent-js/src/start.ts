/**
 * Starts the parts of a site that uses some. It comes with them, so that a site without parts does not carry even this.
 *
 * It is built with the short names of the script's kit, and gives the parts, which are built apart, names that stay.
 */
import type { Kit as Script } from "./kit.ts";
import type { Kit, Part } from "./part.ts";

/** The server replaces this one identifier by the parts, by their names. */
declare const __CONSENT_PARTS__: Record<string, Part<unknown>>;

/** Starts every part. One that fails is said so and stops none of the others. */
export default function start(script: Script): void {
  const kit: Kit = {
    allowed: script._allows,
    chosen: script._chosen,
    gpc: script._gpc,
    listen: script._listen,
    notice: script._notice,
    open: () => script._openSettings(),
    reread: script._reconcile,
    sheet: script._styleSheet,
    // What is found is of this browser, and not of who is signed in.
    take: (bits, since, from) => {
      if (!from || !script._who._token) script._decide(from ? "import" : "", bits, undefined, since, from);
    },
    object: () => script._lastChoice() || script._who._token || script._decide("signal", script._granted()),
    restart: script._restart,
    whose: ({ kept = "consent", next = "consent", subject, token }) => {
      Object.assign(script._who, {
        _kept: kept && kept + "=",
        _next: next + "=",
        _subject: subject,
        _token: token,
      });
    },
  };
  for (const [name, part] of Object.entries(__CONSENT_PARTS__)) {
    try {
      part(kit, kit.notice.parts?.[name]);
    } catch (error) {
      console.error(error);
    }
  }
}
