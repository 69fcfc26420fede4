/** Start: the gate first, from the cookie, before anything else of the page runs; then the view; then the post. */
import "extras";
import { api, get } from "./api.ts";
import { decide, refuse, save } from "./decide.ts";
import { deliver } from "./deliver.ts";
import { endOnce, updateEmbeds } from "./gate/embeds.ts";
import { erase } from "./gate/erase.ts";
import { releaseScripts, stopScripts } from "./gate/scripts.ts";
import { watch } from "./gate/watch.ts";
import { MARK, type Kit } from "./kit.ts";
import { queued } from "./queue.ts";
import { notice, replay } from "./settings.ts";
import { gpc } from "./signals.ts";
import { allows, chosen, granted, lastChoice, listen, reconcile, restart } from "./state.ts";
import { followTabs } from "./tabs.ts";
import { hideBanner } from "./view/banner.ts";
import { updateView } from "./view/index.ts";
import { placeholder } from "./view/placeholder.ts";
import { watchLinks } from "./view/reopen.ts";
import { layer, openSettings, showFirst } from "./view/second.ts";
import { addSheet, styleSheet } from "./view/sheet.ts";
import { who } from "./who.ts";

const kit: Kit = Object.assign(layer, {
  _addSheet: addSheet,
  _allows: allows,
  _chosen: chosen,
  _decide: decide,
  _gpc: gpc,
  _granted: granted,
  _hideBanner: hideBanner,
  _lastChoice: lastChoice,
  _listen: listen,
  _notice: notice,
  _openSettings: openSettings,
  _queued: queued,
  _reconcile: reconcile,
  _refuse: refuse,
  _restart: restart,
  _save: save,
  _showBanner: showFirst,
  _styleSheet: styleSheet,
  _who: who,
});

/** The server replaces this one identifier: by `start.ts`, or by an operator that does nothing where there are no parts. */
declare const __CONSENT_PARTS__: (kit: Kit) => void;

function start(): void {
  reconcile();
  // Before anything is released: what a tag has to be told, it is told before it runs.
  if (!replay) __CONSENT_PARTS__(kit);
  erase();
  watch(() => {
    void releaseScripts(false);
    updateEmbeds(placeholder);
  });
  listen(() => {
    stopScripts();
    erase();
    endOnce();
    updateEmbeds(placeholder);
    updateView();
    void releaseScripts(true);
  });
  listen(() => document.dispatchEvent(new CustomEvent("consent:change", { detail: get() })));
  followTabs();
  watchLinks();
  updateView();
  // What ran before a withdrawal may write until the page goes.
  addEventListener("pagehide", erase);
  for (const event of ["online", "load", "pagehide"]) addEventListener(event, deliver);
  try {
    // Configurable, or a page that declares a `const consent` of its own would not even parse.
    Object.defineProperty(window, "consent", { value: api, configurable: true });
  } catch {
    // An earlier script has a `var consent`: the page keeps its own.
  }
}

// A second copy of the script, from a template or a tag manager, must not make a second banner.
if (!(MARK in window)) {
  Object.defineProperty(window, MARK, { value: kit });
  start();
}
