/** COMPLAINTS.md names tests: each of them is there. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";

const here = import.meta.dirname;
const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

test("every complaint has a test of the name that is written beside it", async () => {
  const text = await readFile(join(here, "../COMPLAINTS.md"), "utf8");
  const rows = text
    .split("\n")
    .map(line => line.split("|").map(cell => cell.trim()))
    .filter(cells => cells.length > 1 && cells[1] !== "complaint" && !/^-+$/.test(cells[1]!));
  expect(rows.length).toBeGreaterThan(30);
  for (const cells of rows) {
    expect(cells, "a row has three cells").toHaveLength(5);
    expect(cells[2], "the second names a file").toMatch(/^`[a-z-]+`$/);
  }
  const specs = await readdir(here);
  const missing: string[] = [];
  for (const [, complaint, file, title] of rows) {
    const name = file!.replaceAll("`", "");
    const found = specs.filter(spec => spec === name + ".spec.ts");
    const source = found.length ? await readFile(join(here, found[0]!), "utf8") : "";
    // A title that is made from a list has `${…}` in it.
    const titles = [...source.matchAll(/\b(?:test|abroad)\(\s*(["`])(.*?)\1,/gs)].map(match => match[2]!);
    const fits = titles.some(one =>
      new RegExp(
        "^" +
          one
            .split(/\$\{[^}]*\}/)
            .map(literal)
            .join(".+") +
          "$",
      ).test(title!),
    );
    if (!fits) missing.push(`${complaint}: ${name}: ${title}`);
  }
  expect(missing).toEqual([]);
});
