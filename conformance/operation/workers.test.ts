/** One proxy in several processes: whatever a client or an operator may notice, they notice as of one. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { Client, type DatabaseError } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { until } from "../approvals/people.ts";
import { jwkOf, keyPair, signed } from "../identity/signer.ts";
import { selfSigned } from "../protocol/certificate.ts";
import { childrenOf } from "../support/child-processes.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, password, type RunningProxy, users } from "./proxy-process.ts";

const workers = 2;
const loginFailures = 6;
const tls = selfSigned();
const issuerKey = keyPair("EdDSA", "one");
const { token, sha256 } = makeApiToken();
const policy = (more = "") => `package guard
mask column with null() if column.path == "public.people.ssn"
deny "not in production" if {
  query.kind == "delete"
  target.environment == "production"
}
approve by "dba" for "1h" because "it empties a table" if query.kind == "truncate"
${more}`;
const person = (name: string, group: string) =>
  users.slice(users.indexOf("  - name")).replace("ana", name).replace("[analysts]", `[${group}]`);
const everybody = users + person("bob", "dba") + person("cleo", "analysts");

let postgres: PostgresServer;
let mariadb: MariadbServer;
let direct: Client;
let installation: Installation;
let proxy: RunningProxy;

const config = (environment = "test", more = "") => `listen:
  port: 0
  mysql_port: 0
  tls: { cert: server.pem, key: server.key, required: false }
targets:
  - { name: shop, host: 127.0.0.1, port: ${postgres.port}, user: postgres, database: postgres, password: "${postgres.password}", environment: ${environment} }
  - { name: small, host: 127.0.0.1, port: ${postgres.port}, user: postgres, database: postgres, password: "${postgres.password}", environment: test, sessions_per_principal: 4 }
  - { name: maria, engine: mariadb, host: ${mariadb.host}, port: ${mariadb.port}, user: ${mariadb.user}, password: "${mariadb.password}", environment: test }
users: users.yaml
policies: { path: policies }
audit: { file: audit.jsonl, redact: { labels: [pii] } }
store: { file: store.db }
approvals: { command_line: account }
identity:
  issuers: [{ issuer: "https://idp.test", audiences: [penstock], jwks: jwks.json, one_use: true }]
admin: { port: 0, tokens: tokens.yaml, metrics: open, allow: { sessions: [dba], policies: [dba] } }
log: { level: debug }
limits: { login_failures: ${loginFailures}, login_failure_window_ms: 4000 }
workers: ${workers}
${more}`;

beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()]);
  direct = new Client({ connectionString: postgres.url() });
  await direct.connect();
  await direct.query("create table people (id int, ssn text); insert into people values (1, 'hidden')");
  await direct.query("create table notes (id int); create table ran (n int)");
  installation = new Installation(postgres);
  installation.write("server.pem", tls.cert);
  installation.write("server.key", tls.key);
  installation.write("users.yaml", everybody);
  installation.write("tokens.yaml", `tokens:\n  - { name: bob, user: bob, sha256: ${sha256} }\n`);
  installation.write("policies/guard.policy", policy());
  installation.write("penstock.yaml", config());
  installation.write("jwks.json", JSON.stringify({ keys: [jwkOf(issuerKey)] }));
  proxy = await installation.start();
});
afterAll(async () => {
  await proxy.stop();
  installation.remove();
  await direct.end();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

/** Of PostgreSQL's protocol. */
const port = () => Number(/listening on [^ ]*:(\d+)/.exec(proxy.stderr)?.[1]);
const clients: (Client | Connection)[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
});

async function enter(
  database = "shop",
  login: { user?: string; password?: string; ssl?: object } = {},
): Promise<Client> {
  const client = new Client({ host: "127.0.0.1", port: port(), user: "ana", password, database, ...login });
  client.on("error", () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

async function enterMysql(user = "ana"): Promise<Connection> {
  const mysqlPort = Number(/for MySQL, [^"]*:(\d+)/.exec(proxy.stderr)?.[1]);
  const client = await createConnection({ host: "127.0.0.1", port: mysqlPort, user, password });
  clients.push(client);
  client.on("error", () => undefined);
  return client;
}

/** One in each worker, and some more. */
const enterAll = (database?: string) => Promise.all(Array.from({ length: 2 * workers }, () => enter(database)));
const codeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => "00000",
    (error: unknown) => (error as DatabaseError).code,
  );
const codes = (each: readonly Client[], sql: string) => Promise.all(each.map((client) => codeOf(client.query(sql))));
const all = (each: readonly unknown[], code: string) => each.map(() => code);

async function api(path: string, method = "GET", body?: unknown): Promise<Response> {
  const admin = `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1]}`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return await fetch(`${admin}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

interface Session {
  readonly id: string;
  readonly principal: { readonly id: string };
  readonly target: string;
  readonly waits_for_approval: boolean;
}
const sessions = async () =>
  ((await (await api("/api/v1/sessions")).json()) as { sessions: readonly Session[] }).sessions;

/** Which worker has opened each session, by what the log says. */
function workersOf(): Map<string, number> {
  const lines = proxy.stderr.split("\n").filter((line) => line.includes('"session opened"'));
  return new Map(
    lines.map((line) => {
      const { session, worker } = JSON.parse(line) as { readonly session: string; readonly worker: number };
      return [session, worker];
    }),
  );
}

test("clients are spread among all workers", async () => {
  const own = await enterAll();
  const answers = await Promise.all(own.map(async (client, n) => (await client.query(`select ${n} as n`)).rows[0]));
  expect(answers).toEqual(own.map((_, n) => ({ n })));
  await until(
    () => Promise.resolve(workersOf().size >= own.length),
    () => proxy.stderr,
  );
  const counts = Map.groupBy(workersOf().values(), (worker) => worker);
  expect([...counts.values()].map((each) => each.length)).toEqual([2, 2]);
});

test("their columns are masked, and the record of each statement is in one chain", async () => {
  const own = await enterAll();
  const shown = await Promise.all(
    own.map(async (client, n) => (await client.query(`select ssn, ${n} from people`)).rows),
  );
  expect(JSON.stringify(shown)).not.toContain("hidden");
  const texts = new Set(installation.audit().map(({ text }) => text));
  expect(own.map((_, n) => texts.has(`select ssn, ${n} from people`))).toEqual(own.map(() => true));
  const verified = await installation.run("audit", "verify", "audit.jsonl");
  expect(verified).toMatchObject({ code: 0 });
});

test("the API lists and ends the sessions of all, and counts what they do", async () => {
  const own = await enterAll();
  const listed = await sessions();
  expect(listed.filter(({ target }) => target === "shop")).toHaveLength(own.length);
  const statements = async () =>
    Number(/^penstock_statements_total (\d+)/m.exec(await (await api("/metrics")).text())?.[1]);
  const before = await statements();
  await codes(own, "select 1");
  expect((await statements()) - before).toBe(own.length);
  for (const { id } of listed) expect((await api(`/api/v1/sessions/${id}`, "DELETE")).status).toBe(204);
  await until(
    async () => (await sessions()).length === 0,
    () => "they go on",
  );
  expect((await api(`/api/v1/sessions/${listed[0]?.id}`, "DELETE")).status).toBe(404);
});

test("a request to cancel finds its statement in whichever worker it is", async () => {
  const own = await enterAll();
  const sleeping = own.map((client) => codeOf(client.query("select pg_sleep(30)")));
  await until(
    async () =>
      (await direct.query("select 1 from pg_stat_activity where query like 'select pg_sleep%'")).rowCount ===
      own.length,
    () => "they do not run",
  );
  for (const client of own) {
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const canceller = new Client({ host: "127.0.0.1", port: port() });
    const { connection } = canceller as unknown as {
      connection: {
        connect(port: number, host: string): void;
        on(event: string, done: () => void): void;
        cancel(id: number, key: number): void;
      };
    };
    connection.on("connect", () => connection.cancel(processID, secretKey));
    connection.connect(port(), "127.0.0.1");
  }
  expect(await Promise.all(sleeping)).toEqual(all(own, "57014"));
});

test("KILL finds a connection of one's own in whichever worker it is, and no one else's", async () => {
  const own = await Promise.all(Array.from({ length: 2 * workers }, () => enterMysql()));
  const others = await enterMysql("cleo");
  const sleeping = own.slice(1).map((client) =>
    client.query<RowDataPacket[]>("select sleep(30) as s").then(
      ([rows]) => rows[0]?.["s"],
      (error: unknown) => (error as { readonly errno: number }).errno,
    ),
  );
  const idOf = (client: Connection) => client.threadId;
  await sleep(300);
  const kill = (client: Connection, id: number) =>
    client.query(`kill query ${id}`).then(
      () => "killed",
      (error: unknown) => (error as Error).message,
    );
  for (const victim of own.slice(1))
    expect(await kill(others, idOf(victim))).toBe(`Unknown thread id: ${idOf(victim)}`);
  for (const victim of own.slice(1)) expect(await kill(own[0] ?? others, idOf(victim))).toBe("killed");
  expect(await Promise.all(sleeping)).toEqual(all(sleeping, "1317").map(Number));
});

test("limits hold for all workers together, and a place that is free again can be taken", async () => {
  const four = await Promise.all([enter("small"), enter("small"), enter("small"), enter("small")]);
  for (let attempt = 0; attempt < workers; attempt++) expect(await codeOf(enter("small"))).toBe("53300");
  await four[0]?.end();
  await until(
    async () => (await sessions()).filter(({ target }) => target === "small").length === 3,
    () => "it has not ended",
  );
  expect(await codeOf(enter("small"))).toBe("00000");
});

test("what one session changes of the schema, all know with their next statement", async () => {
  const own = await enterAll();
  for (const [n, client] of own.entries()) {
    await client.query(`create table made_${n} (id int)`);
    expect(await codes(own, `select id from made_${n}`)).toEqual(all(own, "00000"));
  }
  for (const [n, client] of own.entries()) {
    await client.query(`alter table made_0 rename column ${n === 0 ? "id" : `id_${n - 1}`} to id_${n}`);
    expect(await codes(own, `select id_${n} from made_0`)).toEqual(all(own, "00000"));
  }
});

test("changed policies are in force in all of them, once the API says so", async () => {
  const own = await enterAll();
  installation.write("policies/guard.policy", policy('deny "no vacuum" if query.kind == "vacuum"'));
  expect((await api("/api/v1/policies/reload", "POST")).status).toBe(200);
  expect(await codes(own, "vacuum notes")).toEqual(all(own, "42501"));
  installation.write("policies/guard.policy", "package guard\nmistake");
  expect((await api("/api/v1/policies/reload", "POST")).status).toBe(200);
  expect(await codes(own, "vacuum notes")).toEqual(all(own, "42501"));
  installation.write("policies/guard.policy", policy());
  expect((await api("/api/v1/policies/reload", "POST")).status).toBe(200);
  expect(await codes(own, "vacuum notes")).toEqual(all(own, "00000"));
});

test("a changed configuration is in force in all of them, or in none", async () => {
  const own = await enterAll();
  const reload = async (text: string) => {
    installation.write("penstock.yaml", text);
    return (await (await api("/api/v1/config/reload", "POST")).json()) as Readonly<Record<string, unknown>>;
  };
  expect(await reload(config("production"))).toMatchObject({ outcome: "applied", changed: ["targets.shop"] });
  expect(await codes(own, "delete from notes")).toEqual(all(own, "42501"));
  const broken = await reload(config("test").replace('password: "', 'password: "wrong '));
  expect(broken["outcome"] ?? broken["detail"]).not.toBe("applied");
  expect(await codes(own, "delete from notes")).toEqual(all(own, "42501"));
  expect(await reload(config("test").replace(`workers: ${workers}`, "workers: 3"))).toMatchObject({
    outcome: "applied",
    needs_restart: ["workers"],
  });
  expect(await codes(own, "delete from notes")).toEqual(all(own, "00000"));
  expect(await reload(config())).toMatchObject({ outcome: "unchanged" });
});

test("who is in the users file now is let in by all of them", async () => {
  expect(await codeOf(enter("shop", { user: "dora" }))).toBe("28P01");
  installation.write("users.yaml", everybody + person("dora", "analysts"));
  const said = () => proxy.stderr.match(/users, policies and catalogs were read again/g)?.length ?? 0;
  const before = said();
  proxy.child.kill("SIGHUP");
  await until(
    () => Promise.resolve(said() > before + workers),
    () => proxy.stderr,
  );
  const own = Array.from({ length: 2 * workers }, () => codeOf(enter("shop", { user: "dora" })));
  expect(await Promise.all(own)).toEqual(all(own, "00000"));
  // What the first process records is not recorded by each worker again.
  expect(installation.audit().filter(({ action }) => action === "users")).toHaveLength(1);
});

test("a statement waits for people in its worker, and runs after a yes", async () => {
  const own = await enterAll();
  const waiting = Promise.all(own.map((client, n) => codeOf(client.query(`truncate notes -- ${n}`))));
  const requests = async () =>
    ((await (await api("/api/v1/approvals")).json()) as { requests: readonly { id: string; digest: string }[] })
      .requests;
  await until(
    async () => (await requests()).length === own.length,
    () => proxy.stderr,
  );
  expect((await sessions()).filter((each) => each.waits_for_approval)).toHaveLength(own.length);
  for (const { id, digest } of await requests())
    expect((await api(`/api/v1/approvals/${id}/answer`, "POST", { digest, answer: "approve" })).status).toBe(200);
  expect(await waiting).toEqual(all(own, "00000"));
});

test("too many wrong passwords at one worker keep the address from all, for a while", async () => {
  const attempt = (secret: string) => codeOf(enter("shop", { password: secret }));
  const tried: (string | undefined)[] = [];
  for (let n = 0; n < loginFailures; n++) tried.push(await attempt(`wrong ${n}`));
  expect(tried.slice(0, loginFailures / 2)).toEqual(tried.slice(loginFailures / 2).map(() => "28P01"));
  for (let n = 0; n < workers; n++) expect(await attempt(password)).not.toBe("00000");
  await until(
    async () => (await attempt(password)) === "00000",
    () => "it is kept out for ever",
  );
});

test("a token that logs in once does so at one worker only", async () => {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { iss: "https://idp.test", aud: "penstock", sub: "tom", iat: seconds, exp: seconds + 60 };
  const { privateKey: key, kid } = issuerKey;
  const made = (jti: string) =>
    signed({ header: { alg: "EdDSA", kid }, claims: { ...claims, jti }, key, algorithm: "EdDSA" });
  const login = (jti: string) =>
    codeOf(enter("shop", { user: "token", password: made(jti), ssl: { rejectUnauthorized: false } }));
  expect(await Promise.all(["1", "2", "3", "4"].map(login))).toEqual(["00000", "00000", "00000", "00000"]);
  const same = await Promise.all(["5", "5", "5", "5"].map(login));
  expect(same.filter((code) => code === "00000")).toHaveLength(1);
  expect(same.filter((code) => code === "28P01")).toHaveLength(3);
});

describe("processes that end", () => {
  const children = () => childrenOf(proxy.child.pid);

  test("a worker's end ends its sessions alone, frees their places, and another one takes its place", async () => {
    const own = await enterAll("shop");
    await Promise.all([enter("small"), enter("small"), enter("small"), enter("small")]);
    const before = children();
    expect(before).toHaveLength(workers);
    const gone = new Set<Client>();
    for (const client of clients) if (client instanceof Client) client.on("end", () => gone.add(client));
    process.kill(before[0] ?? 0, "SIGKILL");
    await proxy.says("a worker was started again");
    expect(gone.size).toBeGreaterThan(0);
    expect(gone.size).toBeLessThan(clients.length);
    const left = own.filter((client) => !gone.has(client));
    expect(await codes(left, "select 1")).toEqual(all(left, "00000"));
    const more = Array.from({ length: 4 - (await sessions()).filter(({ target }) => target === "small").length }, () =>
      codeOf(enter("small")),
    );
    expect(more.length).toBeGreaterThan(0);
    expect(await Promise.all(more)).toEqual(all(more, "00000"));
    expect(await codeOf(enter("small"))).toBe("53300");
    expect(children()).toHaveLength(workers);
    const shown = await Promise.all(
      (await enterAll()).map(async (client) => (await client.query("select ssn from people")).rows),
    );
    expect(JSON.stringify(shown)).not.toContain("hidden");
  });

  test("with the first process, all of them end, and what has run is recorded", async () => {
    const own = await enterAll();
    let sent = 0;
    const inserting = own.map(async (client) => {
      for (;;) if ((await codeOf(client.query(`insert into ran values (${sent++})`))) !== "00000") return;
    });
    await sleep(500);
    const before = children();
    await proxy.stop("SIGKILL");
    await Promise.all(inserting);
    await until(
      () => Promise.resolve(!before.some((pid) => isRunning(pid))),
      () => "a worker is left",
    );
    const { rows } = await direct.query<{ n: number }>("select n from ran");
    const texts = new Set(installation.audit().map(({ text }) => text));
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ n }) => !texts.has(`insert into ran values (${n})`))).toEqual([]);
    proxy = await installation.start();
    expect(await installation.run("audit", "verify", "audit.jsonl")).toMatchObject({ code: 0 });
  });

  test("SIGTERM lets statements end, records them, and leaves no process", async () => {
    const own = await enterAll();
    const running = codes(own, "select pg_sleep(1)");
    await until(
      async () =>
        (await direct.query("select 1 from pg_stat_activity where query like 'select pg_sleep(1)%'")).rowCount ===
        own.length,
      () => "they do not run",
    );
    const before = children();
    expect(await proxy.stop()).toBe(0);
    expect(await running).toEqual(all(own, "00000"));
    const results = installation.audit().filter(({ event, session }) => event === "result" && session !== undefined);
    expect(results.length).toBeGreaterThanOrEqual(own.length);
    expect(before.filter((pid) => isRunning(pid))).toEqual([]);
    expect(proxy.stderr).toContain(`"sessions":${own.length},"statements":${own.length},`);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
