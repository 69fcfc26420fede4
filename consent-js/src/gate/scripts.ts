/** Scripts that wait: `<script type="text/plain" data-consent="analytics" data-src="…">`. Each is released once. */
import { paint } from "../paint.ts";
import { allowed } from "../state.ts";
import { trusted } from "../trusted.ts";

/** Which elements wait. */
export const SCRIPTS = 'script[type="text/plain"]:is([data-consent],[data-service])';

const OURS = /^(data-)?(type|src|consent|service)$/;
const loading = new Map<HTMLScriptElement, { _tagged: HTMLScriptElement; _done: () => void }>();
let running = false;

/**
 * Runs what is granted, in document order. A plain script ends before the next one starts; `async` ones are not waited
 * for; `defer` and modules come last, as they do in a page. `painted` first lets the browser show the click's effect.
 */
export async function releaseScripts(painted: boolean): Promise<void> {
  if (running) return;
  running = true;
  if (painted) await paint();
  for (let tagged; (tagged = next());) {
    try {
      await run(tagged);
    } catch (error) {
      console.warn("consent: refused:", error);
    }
    await pause();
  }
  running = false;
}

/** Stops what is no longer granted and has not run yet; puts its tagged form back in its place. */
export function stopScripts(): void {
  loading.forEach(({ _tagged, _done }, script) => {
    if (allowed(_tagged)) return;
    script.replaceWith(_tagged);
    // A script that changes its document between fetch and execution is not executed (HTML, "execute the script element").
    document.implementation.createHTMLDocument().adoptNode(script);
    _done();
  });
}

// The next to run. Asked anew each time: scripts come, and grants go, while others load.
function next(): HTMLScriptElement | undefined {
  const parsed = document.readyState !== "loading";
  const ready = [...document.querySelectorAll<HTMLScriptElement>(SCRIPTS)].filter(
    script => allowed(script) && (parsed || complete(script)),
  );
  return ready.find(script => !deferred(script)) || (parsed ? ready[0] : undefined);
}

const address = (script: HTMLScriptElement): string | null =>
  script.getAttribute("data-src") || script.getAttribute("src");

const deferred = (script: HTMLScriptElement): boolean =>
  !script.hasAttribute("async") &&
  (script.dataset["type"] === "module" || (script.defer && !!address(script)));

// The parser may still be writing an inline script's text; it has ended when something follows.
function complete(script: Element): boolean {
  for (let node: Element | null = script; node; node = node.parentElement) if (node.nextSibling) return true;
  return !!address(script as HTMLScriptElement);
}

function run(tagged: HTMLScriptElement): Promise<void> | void {
  const script = document.createElement("script");
  for (const { name, value } of tagged.attributes) if (!OURS.test(name)) script.setAttribute(name, value);
  script.type = tagged.dataset["type"] || "";
  script.nonce = tagged.nonce;
  const url = address(tagged);
  const fetches =
    script.type === "module"
      ? url || tagged.text
      : url && !script.noModule && /^$|^\s*(text|application)\/(x-)?(java|ecma)script\s*$/i.test(script.type);
  const loaded = new Promise<void>(done => {
    const end = () => {
      loading.delete(script);
      done();
    };
    script.addEventListener("load", end);
    script.addEventListener("error", end);
    // Only what the browser fetches as a script ever says that it has ended; to wait for the rest would stop the queue.
    if (fetches) loading.set(script, { _tagged: tagged, _done: end });
    else end();
  });
  // In its place before it has content: if the browser refuses the content, the tag is gone and not tried again and again.
  tagged.replaceWith(script);
  if (url) script.src = trusted().createScriptURL(url);
  else script.text = trusted().createScript(tagged.text);
  // A module in the page that the policy refuses never says that it has ended, so no inline one is waited for.
  return script.hasAttribute("async") || !url ? undefined : loaded;
}

const pause = (): Promise<void> => new Promise(done => setTimeout(done));
