/** The commands around tokens, as people run them: login by the device flow, connect with real clients, and tokens for agents. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Installation, type Outcome, type RunningProxy, users } from "../operation/proxy-process.ts";
import { selfSigned } from "../protocol/certificate.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { audience, TestIssuer } from "./issuers.ts";

const tls = selfSigned();
const command = fileURLToPath(new URL("../../proxy/bin/policy-proxy.ts", import.meta.url));

/** An OpenID provider with the device flow: whoever is asked for confirms at once, or does not. */
class Provider {
  readonly forms: Record<string, string>[] = [];
  /** What the next requests for a token get; then a token. */
  answers: string[] = [];
  lifetimeSeconds = 600;
  issuer!: TestIssuer;
  #server!: Server;

  async start(): Promise<void> {
    this.#server = createServer(tls, (request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        const form = Object.fromEntries(new URLSearchParams(body));
        const [status, answer] = this.#answer(request.url ?? "", form);
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
    this.issuer = new TestIssuer(`https://localhost:${(this.#server.address() as AddressInfo).port}`);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(path: string, form: Record<string, string>): readonly [status: number, body: unknown] {
    const { issuer } = this.issuer;
    if (path === "/.well-known/openid-configuration")
      return [200, { issuer, token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device` }];
    if (path === "/keys") return [200, { keys: this.issuer.server.keys }];
    this.forms.push(form);
    if (path === "/device")
      return [
        200,
        {
          device_code: "device-secret",
          user_code: "WDJB-MJHT\u001b[2J",
          verification_uri: `${issuer}/activate`,
          expires_in: 60,
          interval: 0.01,
        },
      ];
    const error = this.answers.shift();
    if (error !== undefined) return [400, { error }];
    const seconds = Math.floor(Date.now() / 1000);
    const exp = seconds + Math.max(this.lifetimeSeconds, 1);
    const access_token = this.issuer.token({ groups: ["analysts"], exp });
    return [
      200,
      { access_token, refresh_token: "refresh-secret", expires_in: this.lifetimeSeconds, token_type: "Bearer" },
    ];
  }
}

const provider = new Provider();
let server: PostgresServer;
let mariadb: MariadbServer;
let installation: Installation;
let proxy: RunningProxy;
const agents = `
  - name: etl-bot
    kind: agent
    groups: [loaders]
  - name: ana-bot
    kind: agent
    on_behalf_of: ana
    groups: [reports]
`;
beforeAll(async () => {
  [server, mariadb] = await Promise.all([startPostgres(), startMariadb(), provider.start()]);
  const { issuer } = provider.issuer;
  installation = new Installation(server);
  installation.write("server.pem", tls.cert);
  installation.write("server.key", tls.key);
  const made = await installation.policy("keygen", "--output", "mint");
  if (made.code !== 0) throw new Error(made.stderr);
  const verifier = /verifier: .*/.exec(users)?.[0] ?? "";
  installation.write("users.yaml", users + agents.replaceAll("kind: agent", `kind: agent\n    ${verifier}`));
  installation.write(
    "policies/guard.policy",
    'package guard\ndeny "agents only read" if { principal.kind == "agent"; query.category == "write" }',
  );
  const identity = `
identity:
  issuers: [{ issuer: "${issuer}", audiences: [${audience}], jwks: "${issuer}/keys", ca: server.pem }]
  mint: { key_file: mint.key, record: minted.jsonl }
`;
  const listen = "listen: { port: 0, mysql_port: 0, host: localhost, tls: { cert: server.pem, key: server.key } }";
  const { host, port, user, password } = mariadb;
  const other = `  - { name: maria, engine: mariadb, host: ${host}, port: ${port}, user: ${user}, password: "${password}", database: mysql, environment: test }\n`;
  const config = installation
    .config()
    .replace(/^listen: .*$/m, listen)
    .replace(/^users:/m, `${other}users:`);
  installation.write("penstock.yaml", config + identity);
  proxy = await installation.start();
  const [, postgresPort, mysqlPort] = /listening on \w+:(\d+) and, for MySQL, \w+:(\d+)/.exec(proxy.stderr) ?? [];
  proxy.port = Number(postgresPort);
  installation.write(
    "client/client.yaml",
    `issuer: ${issuer}\nclient_id: penstock-cli\nca: ../server.pem\ntargets:\n  shop: { host: localhost, port: ${proxy.port}, ca: ../server.pem }\n  maria: { engine: mariadb, host: localhost, port: ${mysqlPort}, ca: ../server.pem }\n`,
  );
});
afterAll(async () => {
  await proxy?.stop("SIGKILL");
  provider.stop();
  await server?.stop();
  await mariadb?.stop();
  installation?.remove();
});

const client = (...args: string[]): Promise<Outcome> => {
  const [name = "", ...more] = args;
  return installation.run(name, "--config", "client/client.yaml", ...more);
};
const tokenFile = () => installation.path("client/token.json");
const stored = () => JSON.parse(readFileSync(tokenFile(), "utf8")) as { token: string; refresh_token: string };
const connects = () => installation.audit().filter(({ event }) => event === "connect");
const mint = (...args: string[]) => installation.run("token", ...args);
const connectWith = (outcome: Outcome, ...args: string[]) => {
  installation.write("agent.token", outcome.stdout);
  return client("connect", "shop", "--token-file", "agent.token", "--", "-X", "-At", ...args);
};

test("who has not logged in is told how", async () => {
  expect(await client("connect", "shop")).toEqual({
    code: 1,
    stdout: "",
    stderr: "policy-proxy: you have not logged in; log in: policy-proxy login\n",
  });
  expect((await client("connect", "shpo")).stderr).toContain(
    "there is no target `shpo` in client/client.yaml; there is `shop`",
  );
  expect(await installation.run("login", "--config", "nowhere.yaml")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("docs/identity.md"),
  });
});

test("a login in the browser that is refused, or that nobody confirms, ends with its reason", async () => {
  provider.answers = ["authorization_pending", "access_denied"];
  expect(await client("login")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the login was refused in the browser"),
  });
  provider.answers = ["expired_token"];
  expect((await client("login")).stderr).toContain("nobody has confirmed the login in time: try again");
  provider.answers = ["invalid_client\u001b[31m"];
  expect((await client("login")).stderr).toContain("refuses the login: invalid_client??31m");
  expect(existsSync(tokenFile())).toBe(false);
});

test("a login keeps its token for its owner alone, and connect starts psql with it, seen by nobody", async () => {
  provider.answers = ["authorization_pending"];
  const login = await client("login");
  expect(login).toMatchObject({ code: 0, stdout: "" });
  expect(login.stderr).toContain(`open ${provider.issuer.issuer}/activate and enter the code WDJB-MJHT\\u001b[2J`);
  expect(provider.forms.at(-1)).toMatchObject({
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    device_code: "device-secret",
    client_id: "penstock-cli",
  });
  expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
  const { token } = stored();
  for (const secret of [token, "refresh-secret", "device-secret"]) expect(login.stderr).not.toContain(secret);

  const args = [
    "connect",
    "--config",
    "client/client.yaml",
    "shop",
    "--",
    "-X",
    "-At",
    "-c",
    "select 'seen'",
    "-c",
    "select pg_sleep(1)",
  ];
  const child = spawn(process.execPath, [command, ...args], { cwd: installation.folder });
  await once(child.stdout, "data");
  const lines = readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .map(commandLine);
  expect(lines.some((line) => line.includes("pg_sleep") && line.includes("dbname"))).toBe(true);
  expect(lines.filter((line) => line.includes(token))).toEqual([]);
  expect(await once(child, "close")).toEqual([0, null]);
  expect(connects().at(-1)).toMatchObject({
    principal: { id: "ana", kind: "human", groups: ["analysts"] },
    method: "jwt",
  });
  expect(await client("connect", "shop", "--", "-X", "-c", "no syntax")).toMatchObject({ code: 1 });
});

test("connect starts MariaDB's client with it, too", async () => {
  expect(await client("connect", "maria", "--", "-N", "-e", "select 41 + 1")).toMatchObject({
    code: 0,
    stdout: "42\n",
    stderr: "",
  });
  expect(connects().at(-1)).toMatchObject({ principal: { id: "ana" }, target: "maria", method: "jwt" });
  const { token } = stored();
  installation.write("wrong.token", `${token.slice(0, -4)}AAAA`);
  const refused = await client("connect", "maria", "--token-file", "wrong.token", "--", "-N", "-e", "select 1");
  expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("Access denied") });
  expect(refused.stderr).not.toContain(token.slice(0, 40));
});

test("a token that expires soon is renewed; one that cannot be is not used", async () => {
  provider.lifetimeSeconds = 30;
  await client("login");
  const before = stored().token;
  provider.lifetimeSeconds = 600;
  expect(await client("connect", "shop", "--", "-X", "-At", "-c", "select 1")).toMatchObject({
    code: 0,
    stdout: "1\n",
  });
  expect(provider.forms.at(-1)).toEqual({
    grant_type: "refresh_token",
    refresh_token: "refresh-secret",
    client_id: "penstock-cli",
  });
  expect(stored().token).not.toBe(before);
  expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
  provider.lifetimeSeconds = 0;
  await client("login");
  provider.answers = ["invalid_grant"];
  expect((await client("connect", "shop")).stderr).toContain("your login has expired; log in: policy-proxy login");
  provider.lifetimeSeconds = 600;
});

test("an agent gets a token for a task: who it is, for whom, by whom and for what stands in both records", async () => {
  const minted = await mint(
    "--agent",
    "helper",
    "--for",
    "ticket 4711",
    "--on-behalf-of",
    "ana",
    "--group",
    "analysts",
    "--ttl",
    "5m",
  );
  expect(minted).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^minted [0-9a-f-]{36}, good until 20.*Z\n$/),
  });
  const seen = await connectWith(
    minted,
    "-c",
    "select 41 + 1",
    "-c",
    "create table t (id int)",
    "-c",
    "insert into t values (1)",
  );
  expect(seen.stdout).toBe("42\nCREATE TABLE\n");
  expect(seen.stderr).toContain("agents only read");
  const id = /minted (\S+),/.exec(minted.stderr)?.[1];
  const by = expect.stringMatching(/^operator /);
  expect(connects().at(-1)).toMatchObject({
    principal: { id: "helper", kind: "agent", groups: ["analysts"], on_behalf_of: "ana" },
    login: { issuer: "penstock", token: id, task: "ticket 4711", minted_by: by },
    roots: { principal: { claims: { task: "ticket 4711" }, on_behalf_of: { id: "ana", groups: ["analysts"] } } },
  });
  const record = readFileSync(installation.path("minted.jsonl"), "utf8");
  expect(JSON.parse(record.trim().split("\n").at(-1) ?? "")).toMatchObject({
    event: "token_minted",
    token: id,
    agent: "helper",
    on_behalf_of: "ana",
    task: "ticket 4711",
    by,
  });
  expect(record).not.toContain(minted.stdout.trim().split(".")[2]);
  expect(statSync(installation.path("minted.jsonl")).mode & 0o777).toBe(0o600);
});

test("who has logged in mints by the own token, and for no longer than that is good", async () => {
  provider.lifetimeSeconds = 120;
  await client("login");
  const minted = await mint("--agent", "helper", "--for", "t", "--by-token", "client/token.json", "--ttl", "1h");
  provider.lifetimeSeconds = 600;
  const until = Date.parse(/good until (\S+)/.exec(minted.stderr)?.[1] ?? "");
  expect(until).toBeLessThan(Date.now() + 160_000);
  expect(await connectWith(minted, "-c", "select 1")).toMatchObject({ code: 0, stdout: "1\n" });
  expect(connects().at(-1)).toMatchObject({
    principal: { id: "helper", groups: [], on_behalf_of: "ana" },
    login: { minted_by: "ana" },
  });
});

test("groups that the users file gives an agent are its own", async () => {
  const minted = await Promise.all([
    mint("--agent", "ana-bot", "--for", "t", "--on-behalf-of", "ana"),
    mint("--agent", "etl-bot", "--for", "t"),
  ]);
  await connectWith(minted[0], "-c", "select 1");
  expect(connects().at(-1)).toMatchObject({ principal: { id: "ana-bot", groups: ["reports"], on_behalf_of: "ana" } });
  await connectWith(minted[1], "-c", "select 1");
  expect(connects().at(-1)?.["principal"]).toEqual({ id: "etl-bot", kind: "agent", groups: ["loaders"] });
});

test("wrong input is told, and nothing is minted", async () => {
  const lines = () => readFileSync(installation.path("minted.jsonl"), "utf8").split("\n").length;
  const before = lines();
  const wrong: readonly (readonly [args: readonly string[], said: string])[] = [
    [["--agent", "a", "--for", "t", "--ttl", "2h"], "--ttl must be at most 3600s"],
    [["--agent", "a", "--for", "a\nb"], "--for must be a text"],
    [["--agent", "a", "--for", "t", "--group", "dba", "--on-behalf-of", "ana"], 'cannot have the group "dba"'],
    [
      ["--agent", "a", "--for", "t", "--by-token", "users.yaml"],
      "the token in users.yaml does not consist of three parts",
    ],
  ];
  const outcomes = await Promise.all(wrong.map(([args]) => mint(...args)));
  for (const [index, [, said]] of wrong.entries())
    expect(outcomes[index]).toMatchObject({
      code: expect.any(Number),
      stdout: "",
      stderr: expect.stringContaining(said),
    });
  expect(lines()).toBe(before);
});

test("a minted token is no token of anybody else, and nobody else's is a minted one", async () => {
  const minted = (await mint("--agent", "helper", "--for", "t")).stdout.trim();
  const { issuer } = provider;
  const forged = issuer.token(
    { iss: "penstock", aud: "penstock", kind: "human", sub: "dba", task: "t", minted_by: "x" },
    "EdDSA",
  );
  for (const token of [forged, issuer.token({ act: { sub: "bot" } }), `${minted.slice(0, -6)}AAAAAA`]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const outcome = await connectWith({ code: 0, stdout: token, stderr: "" }, "-c", "select 1");
    expect(outcome).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("FATAL:  the token ") });
    expect(outcome.stderr).not.toContain(token.slice(20, 60));
  }
  const log = readFileSync(installation.path("audit.jsonl"), "utf8") + proxy.stderr;
  for (const part of [...minted.split("."), ...forged.split(".")].filter(({ length }) => length > 60))
    expect(log).not.toContain(part);
});

function commandLine(process: string): string {
  try {
    return readFileSync(`/proc/${process}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
