/** `dist/consent.d.ts`, from the sources: one file that stands alone. */

/** `read` gives the text of a file of the package. */
export async function types(read) {
  const [category, face] = await Promise.all([read("src/category.ts"), read("src/types.ts")]);
  const words = /CATEGORIES = \[(.*?)\]/.exec(category)[1].replaceAll(", ", " | ");
  return face.replace(
    /import type.*\n\nexport type.*\n/,
    `/** The five purposes. */\nexport type Category = ${words};\n`,
  );
}
