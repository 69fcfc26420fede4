/**
 * Scripts and frames of denied hosts that nobody has marked: each is given the attributes of one that waits, before the
 * browser loads it where that can be. From there on the gate holds and releases it like any other.
 */
import type { Part } from "../part.ts";
import { deniedHosts } from "./gate/hosts.ts";
import { each, mark, marked, spent, type Tag } from "./gate/mark.ts";
import { patch } from "./gate/patch.ts";
import { holdTexts } from "./gate/text.ts";

const untagged: Part<unknown> = kit => {
  const denied = deniedHosts(kit);
  const inert = document.implementation.createHTMLDocument("");
  // Everything by which a script puts a node into the page.
  const INSERTS: [{ prototype: object }, string][] = [
    [Node, "appendChild insertBefore replaceChild"],
    [Element, "append prepend before after replaceWith replaceChildren insertAdjacentElement"],
    [Document, "append prepend replaceChildren"],
    [DocumentFragment, "append prepend replaceChildren"],
    [CharacterData, "before after replaceWith"],
    [Range, "insertNode"],
  ];

  const hold = (tag: Tag) => {
    if (mark(tag, tag.getAttribute("src"), denied) && tag instanceof HTMLIFrameElement)
      tag.removeAttribute("src");
  };
  for (const [{ prototype }, names] of INSERTS)
    for (const name of names.split(" "))
      patch(prototype, name, (self, nodes) => {
        if ((self.commonAncestorContainer || self).isConnected)
          nodes.forEach(node => node.isConnected || each(node, hold));
      });
  holdTexts(hold);

  // In the page already, and given an address now. The gate looks at what is added, so it is added once more.
  const given = (tag: Tag, address: unknown, set: () => void) =>
    tag.isConnected &&
    mark(tag, address, denied) &&
    (() => {
      if (tag instanceof HTMLScriptElement) set();
      tag.parentNode!.insertBefore(tag, tag.nextSibling);
    });
  for (const { prototype } of [HTMLScriptElement, HTMLIFrameElement])
    patch(prototype, "src", (tag, [address], set) => given(tag, address, () => set.call(tag, address)));
  patch(
    Element.prototype,
    "setAttribute",
    (tag, [name, address], set) =>
      (tag instanceof HTMLScriptElement || tag instanceof HTMLIFrameElement) &&
      /^src$/i.test(name) &&
      given(tag, address, () => set.call(tag, name, address)),
  );

  // What the parser adds. A frame is emptied by the gate; a script that has moved to another document does not run (HTML,
  // "execute the script element"), though the browser may have asked for it.
  const late = (tag: Tag) => {
    if (tag instanceof HTMLIFrameElement) return void mark(tag, tag.getAttribute("src"), denied);
    if (spent.has(tag)) return;
    const copy = tag.cloneNode() as HTMLScriptElement;
    copy.async = tag.async;
    if (!mark(copy, copy.getAttribute("src"), denied)) return;
    tag.replaceWith(copy);
    inert.adoptNode(tag);
  };
  new MutationObserver(records => {
    for (const { addedNodes, removedNodes } of records) {
      const [tagged] = removedNodes;
      const [script] = addedNodes;
      // Released: who waits for the tag that was made hears of the one that runs.
      if (tagged && script instanceof HTMLScriptElement && marked.has(tagged))
        for (const type of ["load", "error"])
          script.addEventListener(type, () => tagged.dispatchEvent(new Event(type)));
      addedNodes.forEach(node => each(node, late));
    }
  }).observe(document, { childList: true, subtree: true });
  document.addEventListener("load", ({ target }) => target && spent.add(target), true);
  document.querySelectorAll("iframe").forEach(late); // those that stand before our script
};

export default untagged;
