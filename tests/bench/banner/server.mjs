/** The one server that all contestants are served by: brotli 11, the same wait before every answer, and a list of what was asked. */
import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import { brotliCompressSync, constants } from "node:zlib";

/** Milliseconds before every answer, as of a server that is near. */
export const LATENCY = 20;

const types = { html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript" };

/** @param {string} text */
const packed = text => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });

/** @typedef {{ path: string, method: string, at: number, bytes: number }} Asked one request: when (ms since 1970), and the bytes of its answer as sent */
/** @typedef {{ status: number, headers: import("node:http").OutgoingHttpHeaders, body: Buffer }} Answer */

/**
 * Serves what it is given by path, and everything under `/v1/` from our program at `program` (`host:port`): what that answers to
 * a GET is asked for once and kept, so that its speed does not count; a decision goes to it each time.
 *
 * @param {string} program
 */
export async function serve(program) {
  /** @type {Map<string, Answer>} */
  const kept = new Map();
  /** @type {Asked[]} */
  const asked = [];
  const server = createServer(async (request, answer) => {
    const url = request.url ?? "/";
    const path = url.split("?")[0] ?? "";
    const one = { path, method: request.method ?? "", at: Date.now(), bytes: 0 };
    asked.push(one);
    const wait = new Promise(done => setTimeout(done, LATENCY));
    try {
      const ours = path.startsWith("/v1/");
      const found = kept.get(ours ? url : path) ?? (ours ? await forward(request, program) : missing);
      if (ours && request.method === "GET" && found.status === 200) kept.set(url, found);
      one.bytes = found.body.length;
      await wait;
      answer.writeHead(found.status, found.headers).end(found.body);
    } catch {
      answer.writeHead(502).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    /** Serves more. @param {Record<string, string>} files by path */
    add(files) {
      for (const [path, text] of Object.entries(files)) {
        const type = types[/** @type {keyof typeof types} */ (path.split(".").pop())] ?? "text/plain";
        const cache = path.endsWith(".html") ? "no-store" : "public, max-age=300";
        const headers = { "content-type": type, "content-encoding": "br", "cache-control": cache };
        kept.set(path, { status: 200, headers, body: packed(text) });
      }
    },
    /** Bytes of a file as it is sent. @param {string} path */
    size: path => kept.get(path)?.body.length ?? NaN,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** @type {Answer} */
const missing = { status: 404, headers: { "content-type": "text/plain" }, body: Buffer.alloc(0) };

/** Asks our program the same. @param {import("node:http").IncomingMessage} from @param {string} program @returns {Promise<Answer>} */
async function forward(from, program) {
  const [hostname, port] = program.split(":");
  const { url: path, method, headers } = from; // with the `Host` that the browser named, so that it is the program's own origin
  const sent = ask({ hostname, port, path, method, headers });
  from.pipe(sent);
  const [got] = /** @type {[import("node:http").IncomingMessage]} */ (await once(sent, "response"));
  /** @type {Buffer[]} */
  const parts = [];
  for await (const part of got) parts.push(part);
  const { connection: _, "transfer-encoding": _chunked, ...rest } = got.headers;
  return { status: got.statusCode ?? 502, headers: rest, body: Buffer.concat(parts) };
}
