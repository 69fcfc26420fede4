/** An OpenID provider that others made, and a server whose console people enter through it. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server as HttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Provider } from "oidc-provider";
import { freePort, Server } from "./server.ts";

/** What may stand in a secret, and has to be written otherwise in a header. */
const SECRET = "s3cret: +/%";

const config = (issuer: string, origin: string): string => `
[server]
host = "localhost"
[server.openid]
issuer = "${issuer}"
client_id = "consent"
client_secret_file = "openid.secret"
origin = "${origin}"
name = "Press login"
scopes = ["groups"]
[[server.openid.grant]]
claim = "groups"
value = "editors"
role = "operator"
[[server.openid.grant]]
claim = "groups"
value = "lawyers"
role = "auditor"
site = "news"
[[site]]
id = "news"
controller = { name = "Tramway Museum Ltd.", privacy_url = "/privacy" }
cookie = [{ category = "analytics", name = "visits", owner = "Tramway Museum Ltd.", duration = "1 year", purpose = "Counts visits." }]
[[site]]
id = "shop"
controller = { name = "Tramway Museum Ltd.", privacy_url = "/privacy" }
cookie = [{ category = "analytics", name = "visits", owner = "Tramway Museum Ltd.", duration = "1 year", purpose = "Counts visits." }]
`;

/** Both. The provider is at 127.0.0.1 and the console at localhost: to a browser, two sites. */
export class SignOn {
  readonly issuer: string;
  readonly server: Server;
  /** The groups of everybody who has an account, by login. */
  readonly groups: Record<string, string[]>;
  readonly #folder: string;
  readonly #http: HttpServer;

  private constructor(
    issuer: string,
    server: Server,
    groups: Record<string, string[]>,
    folder: string,
    http: HttpServer,
  ) {
    this.issuer = issuer;
    this.server = server;
    this.groups = groups;
    this.#folder = folder;
    this.#http = http;
  }

  static async start(groups: Record<string, string[]>): Promise<SignOn> {
    const folder = await mkdtemp(join(tmpdir(), "consent-openid-"));
    const [at, port] = [await freePort(), await freePort()];
    const [issuer, origin] = [`http://127.0.0.1:${at}`, `http://localhost:${port}`];
    const provider = new Provider(issuer, {
      clients: [
        { client_id: "consent", client_secret: SECRET, redirect_uris: [origin + "/console/openid/return"] },
      ],
      claims: { openid: ["sub"], groups: ["groups"] },
      // As many providers do, and as the console needs it: it reads the ID token and asks nothing else.
      conformIdTokenClaims: false,
      findAccount: (_, login) => ({
        accountId: login,
        claims: async () => ({ sub: login, groups: groups[login] ?? [] }),
      }),
    });
    const http = provider.listen(at, "127.0.0.1");
    await once(http, "listening");
    await writeFile(join(folder, "consent.toml"), config(issuer, origin));
    await writeFile(join(folder, "openid.secret"), SECRET + "\n");
    const server = await Server.start(join(folder, "consent.toml"), port);
    return new SignOn(issuer, server, groups, folder, http);
  }

  async stop(): Promise<void> {
    await this.server.remove();
    this.#http.closeAllConnections();
    this.#http.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
