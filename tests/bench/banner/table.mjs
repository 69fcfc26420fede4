/** The medians as one table. */

/** @typedef {Omit<import("./visit.mjs").Visit, "banner_is_lcp"> & { all: number }} Row */

/** @type {[keyof Row, string, number][]} each column: what, its head, decimals */
const columns = [
  ["bytes", "bytes", 0],
  ["all", "all", 0],
  ["requests", "requests", 0],
  ["banner", "banner", 0],
  ["lcp", "paint", 0],
  ["script", "script", 1],
  ["again", "again", 1],
  ["long", "long", 0],
  ["shift", "shift", 3],
  ["click", "click", 0],
  ["heap", "heap", 0],
];

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}

/** @param {Omit<Row, "all">[]} visits @param {number} all @returns {Row} */
export const row = (visits, all) =>
  /** @type {Row} */ (
    Object.fromEntries(
      columns.map(([key]) => [key, key === "all" ? all : median(visits.map(visit => visit[key]))]),
    )
  );

/** @param {Map<string, Row>} rows */
export function table(rows) {
  const lines = ["".padEnd(22) + columns.map(([, head]) => head.padStart(9)).join("")];
  for (const [name, values] of rows)
    lines.push(
      name.padEnd(22) +
        columns
          .map(([key, , digits]) => (isNaN(values[key]) ? "–" : values[key].toFixed(digits)).padStart(9))
          .join(""),
    );
  return lines.join("\n");
}
