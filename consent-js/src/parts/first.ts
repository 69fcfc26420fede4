/** For tags whose own snippet does nothing if their function is there already: then no queue can be laid in advance. */

/** The function that such a snippet makes. */
export interface Queue {
  (...command: unknown[]): void;
  queue?: unknown[];
}

/**
 * Calls `first` with the function under `window[name]`, at once if it is there, else as soon as the snippet has made it
 * and before its first command. Gives back how it is found later.
 */
export function beforeFirst(name: string, first: (tag: Queue) => void): () => Queue | undefined {
  const page = window as unknown as Record<string, Queue | undefined>;
  let made = page[name];
  const put = (descriptor: PropertyDescriptor) =>
    Object.defineProperty(window, name, { configurable: true, enumerable: true, ...descriptor });
  let told = !!made;
  if (made) first(made);
  else
    put({
      get() {
        // Assigned first, filled afterwards: without a queue it can not take a command yet.
        if (made?.queue && !told) {
          told = true;
          put({ value: made, writable: true });
          first(made);
        }
        return made;
      },
      set(value: Queue) {
        made = value;
      },
    });
  return () => (told ? page[name] : undefined);
}
