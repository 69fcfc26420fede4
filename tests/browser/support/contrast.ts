/** How well two colours are told apart, as WCAG 2.2 computes it. */

/** 1 to 21, for two colours as `getComputedStyle` writes them: `rgb(…)`. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(colour: string): number {
  if (!/^rgb\(\d+, \d+, \d+\)$/.test(colour)) throw new Error(`${colour} is no opaque colour`);
  const [red, green, blue] = colour.match(/\d+/g)!.map(value => {
    const part = Number(value) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
