/** The table's main columns as a picture, light or dark as its reader's machine is. */

/** @typedef {import("./table.mjs").Row} Row */

const LEFT = 172;
const PANEL = 150;
const GAP = 28;
const TOP = 64;
const LINE = 26;

/** @type {{ key: keyof Row, title: string, unit: string, show: (value: number) => string }[]} */
const panels = [
  { key: "bytes", title: "before the banner", unit: "KiB", show: value => (value / 1024).toFixed(1) },
  { key: "banner", title: "time to banner", unit: "ms", show: value => value.toFixed(0) },
  { key: "script", title: "script", unit: "ms", show: value => value.toFixed(0) },
  { key: "click", title: "click to next paint", unit: "ms", show: value => value.toFixed(0) },
];

/** What each panel's dashed line says: where the aim is. @param {keyof Row} key @param {Map<string, Row>} rows */
function aim(key, rows) {
  const floor = rows.get("floor");
  const vanilla = rows.get("vanilla-cookieconsent");
  if (key === "bytes") return 7 * 1024;
  if (key === "banner") return (floor?.banner ?? NaN) * 1.15;
  if (key === "script") return (vanilla?.script ?? NaN) / 2;
  return floor?.click ?? NaN;
}

/** @param {Map<string, Row>} all @returns {string} SVG */
export function plot(all) {
  const rows = [...all].filter(([name]) => name !== "no banner");
  const width = LEFT + panels.length * (PANEL + GAP);
  const height = TOP + rows.length * LINE + 40;
  const names = rows.map(([name], line) => {
    const ours = name === "consent" ? ' class="ours"' : "";
    return `<text x="${LEFT - 14}" y="${TOP + line * LINE + 13}" text-anchor="end"${ours}>${name.trim()}</text>`;
  });
  const drawn = panels.map(({ key, title, unit, show }, index) => {
    const x = LEFT + index * (PANEL + GAP);
    const most = Math.max(...rows.map(([, row]) => row[key]));
    /** @param {number} value */
    const scale = value => (value / most) * (PANEL - 34); // room for the number
    const bars = rows.map(([name, row], line) => {
      const y = TOP + line * LINE;
      const length = Math.max(1, scale(row[key]));
      const ours = name === "consent" ? ' class="ours"' : "";
      return [
        `<rect x="${x}" y="${y}" width="${length.toFixed(1)}" height="16" rx="2"${ours}/>`,
        `<text x="${(x + length + 5).toFixed(1)}" y="${y + 12.5}" class="number">${show(row[key])}</text>`,
      ];
    });
    const at = (x + scale(aim(key, all))).toFixed(1);
    const bottom = TOP + rows.length * LINE - 4;
    return `<text x="${x}" y="${TOP - 18}" class="title">${title}<tspan class="soft"> ${unit}</tspan></text>
${bars.map(([bar]) => bar).join("\n")}
<path d="M${at} ${TOP - 8}V${bottom}" class="aim"><title>aim: ${show(aim(key, all))} ${unit}</title></path>
${bars.map(([, number]) => number).join("\n")}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t">
<title id="t">Consent banners side by side: size, time to banner, script time, click to next paint</title>
<style>
svg{--ink:#1f2328;--soft:#6b7280;--bar:#c9ced6;--ours:#2563c9;--paper:#fff;background:var(--paper);font:12px system-ui,sans-serif}
@media(prefers-color-scheme:dark){svg{--ink:#e6e8eb;--soft:#9aa1ab;--bar:#464c56;--ours:#6ea3ff;--paper:#16181d}}
text{fill:var(--ink)}rect{fill:var(--bar)}rect.ours{fill:var(--ours)}text.ours{font-weight:600}
.title{font-weight:600}.soft,.number,.note{fill:var(--soft)}.soft{font-weight:400}.number{font-size:11px;stroke:var(--paper);stroke-width:4px;paint-order:stroke}
.aim{stroke:var(--ink);stroke-dasharray:2 3;fill:none}
</style>
<rect width="100%" height="100%" style="fill:var(--paper)"/>
${names.join("\n")}
${drawn.join("\n")}
<path d="M${LEFT} ${height - 18}h18" class="aim"/><text x="${LEFT + 25}" y="${height - 14}" class="note">what consent aims at</text>
</svg>
`;
}
