/** Markup that scripts put into the page as a text: its frames load, its scripts never run. */
import { each, spent, type Tag } from "./mark.ts";
import { patch, type Original } from "./patch.ts";

const PLACES: Record<string, "before" | "prepend" | "append" | "after"> = {
  beforebegin: "before",
  afterbegin: "prepend",
  beforeend: "append",
  afterend: "after",
};

/**
 * Calls `hold` with every frame before it is in the page. A text with frames or scripts is parsed in a document that
 * loads nothing, and its nodes are put into the page: no text is changed, so no Trusted Types policy is needed.
 */
export function holdTexts(hold: (tag: Tag) => void): void {
  const inert = document.implementation.createHTMLDocument("");
  const html = Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML")!.set as Original;

  const nodes = (context: Element | null, text: unknown): Node[] | undefined => {
    if (!context || !/<(script|iframe)/i.test(String(text))) return;
    const box = inert.createElementNS(context.namespaceURI, context.localName) as HTMLTemplateElement;
    html.call(box, text);
    const made = box.content || box;
    made.querySelectorAll("script").forEach(script => spent.add(script));
    if (context.isConnected && !box.content) each(made, hold);
    return [...made.childNodes];
  };
  const put = (name: string, how: (self: Element, args: any[]) => (() => void) | undefined) =>
    patch(Element.prototype, name, how);

  put("innerHTML", (self, [text]) => {
    const made = nodes(self, text);
    return made && (() => ((self as HTMLTemplateElement).content || self).replaceChildren(...made));
  });
  put("outerHTML", (self, [text]) => {
    const made = nodes(self.parentElement, text);
    return made && (() => self.replaceWith(...made));
  });
  put("insertAdjacentHTML", (self, [where, text]) => {
    const place = PLACES[String(where).toLowerCase()]!;
    const made = nodes(place === "before" || place === "after" ? self.parentElement : self, text);
    return made && (() => self[place](...made));
  });
}
