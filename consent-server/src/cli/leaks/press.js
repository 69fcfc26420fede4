// Where the middle of a button is, if it is drawn and nothing lies over it.
(selector => {
  const button = document.querySelector(selector);
  if (!button) return null;
  button.scrollIntoView({ block: "nearest" });
  const { left, top, width, height } = button.getBoundingClientRect();
  const [x, y] = [Math.round(left + width / 2), Math.round(top + height / 2)];
  const hit = width && document.elementFromPoint(x, y);
  return hit && button.contains(hit) ? [x, y] : null;
})
