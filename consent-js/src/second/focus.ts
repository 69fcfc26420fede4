/** Tab stays in the dialog: the browser makes the page behind it inert, but lets Tab leave for its own toolbar. */
export function keepFocus(this: unknown, event: Event): void {
  const { key, shiftKey, currentTarget } = event as KeyboardEvent;
  if (key !== "Tab") return;
  const stops = [
    ...(currentTarget as Element).querySelectorAll<HTMLElement>(
      "a,button,summary,input:enabled,details[open] table",
    ),
  ].filter(stop => stop.tabIndex >= 0);
  const edge = shiftKey ? stops[0] : stops[stops.length - 1];
  const outside = !stops.includes(document.activeElement as HTMLElement) && shiftKey;
  if (document.activeElement !== edge && !outside) return;
  event.preventDefault();
  (shiftKey ? stops[stops.length - 1] : stops[0])?.focus();
}
