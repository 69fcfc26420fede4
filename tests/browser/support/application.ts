/** The package as somebody else gets it: packed, and installed into a folder that has nothing to do with this one. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, "../../..");

/** Packs `consent-js` into `folder` and gives back the file. */
export async function pack(folder: string): Promise<string> {
  const from = join(repository, "consent-js");
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: from });
  return join(folder, stdout.trim());
}

/** An empty folder with these packages. */
export async function install(packages: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "consent-application-"));
  await writeFile(join(folder, "package.json"), '{"private":true,"type":"module"}');
  await npm(folder, ["install", ...packages]);
  return folder;
}

/** A copy of an example, away from the repository, with the packed package, built. */
export async function example(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "consent-example-"));
  const own = (path: string) => !/node_modules|package-lock/.test(path.slice(repository.length));
  await cp(join(repository, "examples", name), folder, { recursive: true, filter: own });
  const file = join(folder, "package.json");
  const described = JSON.parse(await readFile(file, "utf8"));
  described.dependencies["consent-js"] = "file:" + (await pack(folder));
  await writeFile(file, JSON.stringify(described));
  await npm(folder, ["install"]);
  await npm(folder, ["run", "build"]);
  return folder;
}

/** npm, without talk and without asking for what its cache has. */
export const npm = (folder: string, words: string[]) =>
  run("npm", [...words, "--silent", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder });
