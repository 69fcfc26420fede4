/** The real server, on the newsroom unless a test names another config, with a data folder of its own. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { RecordedDecision, RecordedSubject, Retold } from "../../../consent-js/dist/interface.d.ts";

const repository = resolve(import.meta.dirname, "../../..");
const newsroom = join(repository, "examples/newsroom/consent.toml");
const run = promisify(execFile);

export function program(): string {
  const path = process.env["CONSENT_BIN"];
  if (!path) throw new Error("CONSENT_BIN must name the program `consent`");
  return path;
}

/** One recorded decision and its name. */
export type Recorded = RecordedDecision & Pick<RecordedSubject, "decision_id">;

/** How often a notice was shown, and what was decided under it. */
export interface Shown {
  notice_id: string;
  language: string;
  shown: number;
  decisions: number;
  granted_all: number;
  granted_some: number;
  denied_all: number;
}

/** A server that can go away and come back under the same address. */
export class Server {
  readonly url: string;
  readonly #address: string;
  readonly #data: string;
  readonly #config: string;
  #process: ChildProcess | undefined;

  private constructor(address: string, data: string, config: string) {
    this.#address = address;
    this.#data = data;
    this.#config = config;
    this.url = "http://" + address;
  }

  /** Starts one, on a free port unless one is named. `CONSENT_BIN` names the program. */
  static async start(config = newsroom, port?: number): Promise<Server> {
    const data = await mkdtemp(join(tmpdir(), "consent-browser-"));
    const server = new Server(`127.0.0.1:${port ?? (await freePort())}`, data, config);
    await server.up();
    return server;
  }

  /** Starts the process and waits until it is ready. */
  async up(): Promise<void> {
    const args = ["serve", this.#config, "--listen", this.#address, "--data", this.#data];
    const child = spawn(program(), args, { cwd: repository, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", text => (said += text));
    child.stderr.on("data", text => (said += text));
    this.#process = child;
    // Two minutes: the gallery has hundreds of notices, and a debug build on a busy machine takes its time.
    for (const late = Date.now() + 120_000; Date.now() < late;) {
      if (child.exitCode !== null) throw new Error(`the server ended: ${child.exitCode}\n${said}`);
      const ready = await fetch(this.url + "/readyz").catch(() => null);
      if (ready?.ok) return;
      await new Promise(done => setTimeout(done, 50));
    }
    throw new Error("the server did not become ready\n" + said);
  }

  /** Ends the process; the data stay. */
  async down(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
  }

  /** Ends the process and deletes its data. */
  async remove(): Promise<void> {
    await this.down();
    await rm(this.#data, { recursive: true, force: true });
  }

  /**
   * Exports the newsroom as an auditor does, ends the process, and has the bundle checked without it.
   *
   * Fails unless `consent verify` finds that everything holds, also with the receipts, by their texts. Gives back the
   * bytes of the bundle.
   */
  async bundle(receipts: string[] = []): Promise<Uint8Array> {
    const file = join(this.#data, "bundle.zip");
    const token = join(this.#data, "operator.token");
    const from = ["--server", this.url, "--token-file", token];
    await run(program(), ["export", "--site", "newsroom", "--format", "bundle", "-o", file, ...from]);
    await this.down();
    const kept = await Promise.all(
      receipts.map(async (text, index) => {
        const path = join(this.#data, `${index}.tlog-proof`);
        await writeFile(path, text);
        return ["--receipt", path];
      }),
    );
    await run(program(), ["verify", file, ...kept.flat()]); // rejects on any exit but 0
    return readFile(file);
  }

  /** What `consent verify --json` says of the bundle that was exported last. */
  async report(): Promise<{ shown: Shown[] }> {
    const { stdout } = await run(program(), ["verify", join(this.#data, "bundle.zip"), "--json"]);
    return JSON.parse(stdout);
  }

  /** Has pictures made of every notice, as an operator does. */
  async snapshot(): Promise<string> {
    const token = join(this.#data, "operator.token");
    const { stdout } = await run(program(), [
      ...["snapshot", "--site", "newsroom", "--server", this.url, "--token-file", token],
    ]);
    return stdout;
  }

  /** What `consent verify` says of a bundle. Fails unless everything holds. */
  async verify(bundle: string): Promise<string> {
    return (await run(program(), ["verify", bundle])).stdout;
  }

  /** The token of the operator, which the first start has made. */
  async token(): Promise<string> {
    return (await readFile(join(this.#data, "operator.token"), "utf8")).trim();
  }

  /** A token that `consent token create` makes; `null` is for all sites. */
  async tokenFor(role: "operator" | "auditor", site: string | null = "newsroom"): Promise<string> {
    const { stdout } = await run(program(), [
      ...["token", "create", "--role", role, "--data", this.#data],
      ...(site === null ? [] : ["--site", site]),
    ]);
    return stdout.trim();
  }

  /** What the server has recorded for one subject, oldest first. */
  async history(subjectId: string, site = "newsroom"): Promise<Recorded[]> {
    const token = await this.token();
    const answer = await fetch(`${this.url}/v1/sites/${site}/decisions?subject_id=${subjectId}`, {
      headers: { authorization: "Bearer " + token },
    });
    if (!answer.ok) throw new Error(`history: ${answer.status} ${await answer.text()}`);
    const past = (await answer.json()) as Retold[];
    return past.map(({ decision, subject }) => ({ ...decision!, decision_id: subject!.decision_id }));
  }
}

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
