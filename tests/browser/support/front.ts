/** A server in front of the real one, on one origin with it: for pages that routes of a test do not reach, or change. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { Server } from "./server.ts";

export interface Front {
  url: string;
  /** Paths of what was asked for, in order. */
  asked: string[];
  stop(): Promise<void>;
}

/** Serves `files` by their paths, as pairs of type and content; passes on everything else. */
export async function front(server: Server, files: Record<string, [string, string]>): Promise<Front> {
  const asked: string[] = [];
  const own = createServer((incoming, answer) => {
    asked.push(incoming.url!);
    const file = files[incoming.url!.split("?")[0]!];
    if (file) {
      answer.setHeader("content-type", file[0] + "; charset=utf-8");
      answer.end(file[1]);
      return;
    }
    const { method, headers, url } = incoming;
    const passed = request(server.url + url, { method: method!, headers }, real => {
      answer.writeHead(real.statusCode!, real.headers);
      real.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    incoming.pipe(passed);
  });
  own.listen(0, "127.0.0.1");
  await once(own, "listening");
  const url = `http://127.0.0.1:${(own.address() as { port: number }).port}`;
  const stop = async () => {
    own.closeAllConnections();
    own.close();
    await once(own, "close");
  };
  return { url, asked, stop };
}
