/** The real server, on the newsroom, with a data folder of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const repository = resolve(import.meta.dirname, "../../..");
const config = join(repository, "examples/newsroom/consent.toml");

/** One recorded decision, as far as the tests read it. */
export interface Recorded {
  decision_id: string;
  action: string;
  choices: Record<string, string>;
}

/** A server that can go away and come back under the same address. */
export class Server {
  readonly url: string;
  readonly #address: string;
  readonly #data: string;
  #process: ChildProcess | undefined;

  private constructor(address: string, data: string) {
    this.#address = address;
    this.#data = data;
    this.url = "http://" + address;
  }

  /** Starts one on a free port. `CONSENT_BIN` names the program. */
  static async start(): Promise<Server> {
    const data = await mkdtemp(join(tmpdir(), "consent-browser-"));
    const server = new Server(`127.0.0.1:${await freePort()}`, data);
    await server.up();
    return server;
  }

  /** Starts the process and waits until it is ready. */
  async up(): Promise<void> {
    const program = process.env["CONSENT_BIN"];
    if (!program) throw new Error("CONSENT_BIN must name the program `consent`");
    const args = ["serve", config, "--listen", this.#address, "--data", this.#data];
    const child = spawn(program, args, { cwd: repository, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", text => (said += text));
    child.stderr.on("data", text => (said += text));
    this.#process = child;
    for (let tries = 0; tries < 200; tries++) {
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

  /** What the server has recorded for one subject, oldest first. */
  async history(subjectId: string): Promise<Recorded[]> {
    const token = (await readFile(join(this.#data, "operator.token"), "utf8")).trim();
    const answer = await fetch(`${this.url}/v1/sites/newsroom/decisions?subject_id=${subjectId}`, {
      headers: { authorization: "Bearer " + token },
    });
    if (!answer.ok) throw new Error(`history: ${answer.status} ${await answer.text()}`);
    const past = (await answer.json()) as { decision: Omit<Recorded, "decision_id">; subject: Recorded }[];
    return past.map(({ decision, subject }) => ({ ...decision, decision_id: subject.decision_id }));
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
