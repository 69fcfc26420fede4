/** Makes elements without markup: nothing that comes from a receipt is ever parsed as HTML. */

type Child = Node | string | false | null;

/** An element. A function is a listener for the event that it is named after; `false` leaves an attribute or child out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean | ((event: Event) => void)>,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter(child => child !== false && child !== null));
  return made;
}
