/** Our own program, on a free port with an empty data folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts it and waits until it is ready. `CONSENT_BIN` names it. */
export async function start() {
  const program = process.env["CONSENT_BIN"];
  if (!program) throw new Error("CONSENT_BIN must name the program `consent`");
  const data = await mkdtemp(join(tmpdir(), "consent-bench-"));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = `127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (probe.address()).port}`;
  probe.close();
  await once(probe, "close");
  const config = join(import.meta.dirname, "consent.toml");
  const child = spawn(program, ["serve", config, "--listen", address, "--data", data], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", text => (said += text));
  const ended = once(child, "exit");
  const stop = async () => {
    if (child.exitCode === null) child.kill("SIGTERM");
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  for (const late = Date.now() + 60_000; Date.now() < late && child.exitCode === null;) {
    if ((await fetch(`http://${address}/readyz`).catch(() => null))?.ok) return { address, stop };
    await new Promise(done => setTimeout(done, 50));
  }
  await stop();
  throw new Error("the server did not become ready\n" + said);
}

/** What the banner says, from the notice in force. @param {string} address @returns {Promise<import("./page.mjs").Words>} */
export async function words(address) {
  const answer = await fetch(`http://${address}/v1/sites/bench/notice?lang=fr`);
  if (!answer.ok) throw new Error(`notice: ${answer.status} ${await answer.text()}`);
  const { texts, categories } = /** @type {any} */ (await answer.json());
  return {
    title: texts.title,
    body: texts.body,
    accept: texts.accept_all,
    reject: texts.reject_all,
    customise: texts.customise,
    save: texts.save,
    close: texts.close,
    settings: texts.settings_title,
    explains: texts.settings_body,
    privacy: texts.privacy_policy,
    categories: categories.map((/** @type {any} */ { category, title, description }) => ({
      category,
      title,
      description,
    })),
  };
}
