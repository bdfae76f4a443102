/** The configuration changes while the real proxy runs: what is new is in force for the next statement, what is wrong changes nothing, and sessions go on. */
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { createConnection } from "mysql2/promise";
import { Client, type DatabaseError } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { generateKeyPair } from "../../engine/src/bundle/signature.ts";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { until as waitUntil } from "../approvals/people.ts";
import { selfSigned } from "../protocol/certificate.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { bundleOf } from "./bundles.ts";
import { Installation, password, type RunningProxy, users } from "./proxy-process.ts";

let postgres: PostgresServer;
let mariadb: MariadbServer;
let direct: Client;
let installation: Installation;
let proxy: RunningProxy;
let api: string;
const tokens = new Map(["ana", "bob"].map((user) => [user, makeApiToken()]));
const clients: Client[] = [];

const policy = `package guard

deny "not in production" if {
  query.kind == "delete"
  target.environment == "production"
}
approve by "dba" because "it empties a table" if query.kind == "truncate"
deny "no vacuum" if query.kind == "vacuum"
mask column with null() if column.path == "public.people.ssn"
`;

interface Settings {
  readonly listen?: string;
  readonly shop?: string;
  readonly targets?: readonly string[];
  readonly more?: string;
  readonly policies?: string;
  readonly audit?: string;
  readonly users?: string;
}

/** A target of the shop's server. */
const target = (name: string, change = "environment: test", login = `"${postgres.password}"`) =>
  `  - { name: ${name}, host: 127.0.0.1, port: ${postgres.port}, user: postgres, password: ${login}, ${/database:/.test(change) ? "" : "database: postgres, "}${change} }`;

const config = ({
  listen = "",
  shop,
  targets = [],
  more = "",
  ...other
}: Settings = {}) => `listen: { port: 0, mysql_port: 0${listen} }
targets:
${[shop ?? target("shop"), ...targets].join("\n")}
users: ${other.users ?? "users.yaml"}
policies: ${other.policies ?? "{ path: policies }"}
audit: { file: audit.jsonl${other.audit ?? ""} }
store: { file: store.db }
admin: { port: 0, tokens: tokens.yaml, allow: { policies: [dba] } }
${more}`;

beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()]);
  direct = new Client({ connectionString: postgres.url() });
  await direct.connect();
  await direct.query("create database other");
  await direct.query(
    "create table people (id int, ssn text); insert into people values (1, 'hidden'); create table notes (id int)",
  );
  installation = new Installation(postgres);
  installation.write("penstock.yaml", config());
  const person = users.slice(users.indexOf("  - name")).replace("ana", "bob").replace("[analysts]", "[dba]");
  installation.write("users.yaml", users + person);
  installation.write("policies/guard.policy", policy);
  const listed = [...tokens].map(([user, { sha256 }]) => `  - { name: ${user}, user: ${user}, sha256: ${sha256} }\n`);
  installation.write("tokens.yaml", `tokens:\n${listed.join("")}`);
  proxy = await installation.start();
  api = `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1]}`;
});
afterAll(async () => {
  for (const client of clients) await client.end().catch(() => undefined);
  await proxy.stop("SIGKILL");
  installation.remove();
  await direct.end();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});
/** Each test begins with the same configuration in force. */
beforeEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
  await take(config());
  proxy.stderr = "";
});

interface Answer {
  readonly status: number;
  readonly body: {
    readonly outcome?: string;
    readonly detail?: string;
    readonly digest?: string;
    readonly changed?: readonly string[];
    readonly needs_restart?: readonly string[];
  };
}

async function ask(token = tokens.get("bob")?.token ?? ""): Promise<Answer> {
  const response = await fetch(`${api}/api/v1/config/reload`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

async function reload(text: string): Promise<Answer> {
  installation.write("penstock.yaml", text);
  return await ask();
}

async function connect(database = "shop", more: object = {}): Promise<Client> {
  const url = new URL(proxy.url);
  url.pathname = database;
  const client = new Client({ connectionString: url.href, ...more });
  client.on("error", () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

/** Of one that must be in order. */
async function take(text: string): Promise<Answer["body"]> {
  const { status, body } = await reload(text);
  if (status !== 200) throw new Error(body.detail);
  return body;
}

const errorOf = (work: Promise<unknown>): Promise<DatabaseError | undefined> =>
  work.then(
    () => undefined,
    (error: DatabaseError) => error,
  );

/** What the client is told when its session ends. */
const endOf = (client: Client) => new Promise<DatabaseError>((resolve) => client.once("error", resolve));

const until = (holds: () => boolean | Promise<boolean>) =>
  waitUntil(holds, () => `a reload did not bring about what it has to:\n${proxy.stderr}`);

const changes = () => installation.audit().filter((line) => line["action"] === "reload_config");

describe("what is wrong changes nothing, and all of it is told", () => {
  test("a file with mistakes, with their places and help", async () => {
    const client = await connect();
    const before = changes().length;
    const broken = config({ more: "limits: { sesions: 5 }\n" }).replace("environment: test", "environment: ''");
    const { status, body } = await reload(broken);
    expect(status).toBe(422);
    expect(body.detail).toMatch(
      /penstock\.yaml:\d+:\d+: error: unknown key `limits\.sesions`\n {2}help: did you mean `sessions`\?/,
    );
    expect(body.detail).toContain("`targets[0].environment` must not be empty");
    expect((await client.query("select 1")).rowCount).toBe(1);
    expect(changes()).toHaveLength(before);
    await proxy.says("the configuration was not taken: everything stays as it was");
  });

  test("what cannot be used: targets, a certificate, a port, policies, users, tokens, all at once", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const address = taken.address();
    const port = typeof address === "object" ? address?.port : 0;
    const client = await connect();
    installation.write("bad/no.policy", "package no\n\ndeny if query.kynd == 1\n");
    const text = config({
      shop: target("shop", "environment: production"),
      targets: [
        target("away", "environment: test").replace(String(postgres.port), "1"),
        target("wrong", "environment: test", "'a wrong password'"),
        target("nowhere", "environment: test, database: nowhere"),
        target("port", `environment: test, listen_port: ${port}`),
      ],
      policies: "{ path: bad }",
      users: "nobody.yaml",
    });
    const { status, body } = await reload(text);
    taken.close();
    expect(status).toBe(422);
    for (const problem of [
      "target `away` (127.0.0.1:1): nothing listens there",
      "the password for `postgres` is wrong",
      "there is no database `nowhere`",
      `cannot listen on 127.0.0.1:${port}: the port is in use`,
      "the policies cannot be used",
      "the users file cannot be used",
    ])
      expect(body.detail).toContain(problem);
    expect(body.detail).not.toContain("a wrong password");
    expect(proxy.stderr).not.toContain("a wrong password");
    // Nothing of it is in force, not even what could have been.
    expect(await errorOf(client.query("delete from notes"))).toBeUndefined();
    expect(await errorOf(connect("port"))).toMatchObject({ code: "3D000" });
  });

  test("a certificate that is none, or is not there", async () => {
    installation.write("tls.key", "no key");
    const { body } = await reload(config({ listen: ", tls: { cert: gone.crt, key: tls.key }" }));
    expect(body.detail).toMatch(/penstock\.yaml:1:\d+: error: .*gone\.crt` does not exist/);
    await connect();
  });

  test("a file that has vanished, by SIGHUP; and it is taken when it is back", async () => {
    const client = await connect();
    rmSync(installation.path("penstock.yaml"));
    proxy.child.kill("SIGHUP");
    await proxy.says("the configuration was not taken: everything stays as it was");
    expect(proxy.stderr).toContain("penstock.yaml: error: does not exist");
    expect((await client.query("select 1")).rowCount).toBe(1);
    installation.write("penstock.yaml", config({ more: "limits: { portals: 100 }\n" }));
    proxy.child.kill("SIGHUP");
    await proxy.says("the changed configuration is in force");
    expect((await client.query("select 1")).rowCount).toBe(1);
  });
});

describe("what is changed", () => {
  test("is recorded with sections and the file's digest, and no secret; nothing is where nothing is", async () => {
    const before = changes().length;
    expect((await ask()).body).toMatchObject({ outcome: "unchanged", changed: [], needs_restart: [] });
    expect(changes()).toHaveLength(before);
    const text = config({ targets: [target("second")], more: "limits: { portals: 200 }\n" });
    const digest = createHash("sha256").update(text).digest("hex");
    expect(await take(text)).toEqual({
      outcome: "applied",
      digest,
      changed: ["limits", "targets.second"],
      needs_restart: [],
    });
    const record = changes().at(-1);
    expect(record).toMatchObject({ event: "change", by: "bob", digest, sections: ["limits", "targets.second"] });
    expect(readFileSync(installation.path("audit.jsonl"), "utf8")).not.toContain(postgres.password);
  });

  test("is changed by who may, and the command says what became of it", async () => {
    expect((await ask(tokens.get("ana")?.token)).status).toBe(403);
    expect((await ask("penstock_wrong")).status).toBe(401);
    installation.write("token", tokens.get("bob")?.token ?? "");
    installation.write(
      "penstock.yaml",
      config({ listen: ", host: '::1'", more: "log: { level: debug, format: json }\n" }),
    );
    const command = ["reload", "--url", api, "--token-file", "token"];
    expect(await installation.run(...command)).toMatchObject({
      code: 0,
      stdout: "in force: log.level\nneeds a restart: listen.host, log.format\n",
    });
    await proxy.says("needs a restart: listen.host, log.format");
    await connect();
    await proxy.says("session opened");
    installation.write("penstock.yaml", "listen: [\n");
    const refused = await installation.run(...command);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^policy-proxy: penstock\.yaml:\d+:\d+: error: /);
  });

  test("waits for a restart where it must, and is named again each time", async () => {
    const text = config({ more: "catalog: { names: seen }\n" })
      .replace("file: audit.jsonl", "file: other.jsonl, segment_megabytes: 5")
      .replace("store: { file: store.db }", "store: { file: other.db }")
      .replace("admin: { port: 0,", "admin: { port: 1,");
    const needs = ["audit.file", "audit.segment_megabytes", "catalog.names", "admin.port", "store"];
    for (let time = 0; time < 2; time++)
      expect((await reload(text)).body).toMatchObject({ outcome: "unchanged", needs_restart: needs });
    const client = await connect();
    await client.query("select 'still here'");
    expect(installation.audit().some(({ text: sql }) => sql === "select 'still here'")).toBe(true);
  });
});

describe("targets", () => {
  test("that are new can be connected to, and those that are gone end their sessions when these are idle", async () => {
    await take(config({ targets: [target("second")] }));
    const [idle, working, elsewhere] = [await connect("second"), await connect("second"), await connect("shop")];
    const [ended, later] = [endOf(idle), endOf(working)];
    await working.query("begin; insert into notes values (7)");
    const slow = elsewhere.query("select pg_sleep(0.5)");
    expect((await take(config())).changed).toEqual(["targets.second"]);
    expect(await ended).toMatchObject({ code: "57P01", message: expect.stringContaining("configuration has changed") });
    // The transaction is not torn, and policies decide in it as ever.
    expect(await errorOf(working.query("vacuum"))).toMatchObject({ message: "no vacuum" });
    expect(await errorOf(working.query("rollback"))).toBeUndefined();
    expect(await later).toMatchObject({ code: "57P01" });
    expect(await errorOf(connect("second"))).toMatchObject({ code: "3D000" });
    expect((await slow).rowCount).toBe(1);
    expect((await elsewhere.query("select 1")).rowCount).toBe(1);
  });

  test("that have other tags or another environment are seen so by the next statement, also a prepared one, in a transaction", async () => {
    const [client, inTransaction] = [await connect(), await connect()];
    const prepared = { name: "gone", text: "delete from notes where id = $1", values: [-1] };
    await client.query(prepared);
    await inTransaction.query("begin");
    await take(config({ shop: target("shop", "environment: production") }));
    const denied = { code: "42501", message: "not in production" };
    expect(await errorOf(client.query(prepared))).toMatchObject(denied);
    expect(await errorOf(inTransaction.query("delete from notes where id = -1"))).toMatchObject(denied);
    expect(installation.audit().findLast(({ decision }) => decision === "deny")).toMatchObject({ target: "shop" });
    await inTransaction.query("rollback");
    await take(config());
    expect(await errorOf(client.query(prepared))).toBeUndefined();
  });

  test("whose connection is another finish what they are at, and the next session is there", async () => {
    const [idle, working] = [await connect(), await connect()];
    const [ended, later] = [endOf(idle), endOf(working)];
    await working.query("begin");
    await take(config({ shop: target("shop", "environment: test, database: other") }));
    expect((await ended).code).toBe("57P01");
    const there = await connect();
    const where = "select current_database() as name";
    expect((await there.query<{ name: string }>(where)).rows).toEqual([{ name: "other" }]);
    expect((await working.query<{ name: string }>(where)).rows).toEqual([{ name: "postgres" }]);
    await working.query("commit");
    expect((await later).code).toBe("57P01");
  });

  test("keep their sessions where only the password changes, and a wrong one is not taken", async () => {
    const client = await connect();
    const wrong = await reload(config({ shop: target("shop", "environment: test", "'not this one'") }));
    expect(wrong.body.detail).toContain("the password for `postgres` is wrong");
    await direct.query("create role keeper superuser login password 'first'");
    const as = (secret: string) =>
      config({
        targets: [target("kept", "environment: test", `'${secret}'`).replace("user: postgres", "user: keeper")],
      });
    await take(as("first"));
    const kept = await connect("kept");
    await direct.query("alter role keeper password 'second'");
    expect(await errorOf(connect("kept"))).toMatchObject({ code: "08004" });
    expect((await take(as("second"))).changed).toEqual(["targets.kept"]);
    await connect("kept");
    expect((await kept.query("select 1")).rowCount).toBe(1);
    expect((await client.query("select 1")).rowCount).toBe(1);
  });

  test("that have another name protect what was renamed in them all the same", async () => {
    const client = await connect();
    const read = async (session: Client) => (await session.query("select id, number from people")).rows;
    await direct.query("alter table people rename ssn to number");
    expect((await take(config({ more: "catalog: { refresh_seconds: 1 }\n" }))).changed).toEqual([
      "catalog.refresh_seconds",
    ]);
    await until(async () => (await read(client).catch(() => [])).length === 1);
    expect(await read(client)).toEqual([{ id: 1, number: null }]);
    await take(config({ shop: target("store") }));
    const renamed = await connect("store");
    expect(await read(renamed)).toEqual([{ id: 1, number: null }]);
    await direct.query("alter table people rename number to ssn");
  });

  test("have ports of their own, which come, go, and become another's", async () => {
    const free = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => free.once("listening", resolve));
    const address = free.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await new Promise((resolve) => free.close(resolve));
    const second = (own: string) => target("second", `environment: test${own}, database: other`);
    const where = async (database: string) => {
      const client = await connect(database, {
        connectionString: undefined,
        host: "127.0.0.1",
        port,
        user: "ana",
        password,
        database,
      });
      return (await client.query<{ name: string }>("select current_database() as name")).rows[0]?.name;
    };
    await take(config({ shop: target("shop", `environment: test, listen_port: ${port}`), targets: [second("")] }));
    expect(await where("shop")).toBe("postgres");
    await take(config({ targets: [second(`, listen_port: ${port}`)] }));
    expect(await where("second")).toBe("other");
    await take(config());
    expect(await errorOf(where("second"))).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("of MariaDB come with their port, are seen anew, and go", async () => {
    const maria = (environment: string) =>
      `  - { name: maria, engine: mariadb, host: ${mariadb.host}, port: ${mariadb.port}, user: ${mariadb.user}, password: "${mariadb.password}", database: mysql, environment: ${environment} }`;
    await take(config({ targets: [maria("test")] }));
    const port = Number(/listening on 127\.0\.0\.1:(\d+) for MySQL/.exec(proxy.stderr)?.[1]);
    const open = () => createConnection({ host: "127.0.0.1", port, user: "ana", password, database: "maria" });
    const client = await open();
    await client.query("create or replace table test_notes (id int)");
    expect(await errorOf(client.query("delete from test_notes"))).toBeUndefined();
    const prepared = await client.prepare("delete from test_notes where id = ?");
    await take(config({ targets: [maria("production")] }));
    expect(await errorOf(client.query("delete from test_notes"))).toMatchObject({
      message: expect.stringContaining("not in production"),
    });
    expect(await errorOf(prepared.execute([1]))).toMatchObject({
      message: expect.stringContaining("not in production"),
    });
    expect(await errorOf(client.query("drop table test_notes"))).toBeUndefined();
    await client.query("begin");
    await take(config());
    expect(await errorOf(client.query("select 1"))).toBeUndefined();
    const gone = new Promise<unknown>((resolve) => client.on("error", resolve));
    await client.query("commit").catch(() => undefined);
    expect(await gone).toBeInstanceOf(Error);
    expect(await errorOf(open())).toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("clients", () => {
  const secured = (required: boolean) =>
    config({ listen: `, tls: { cert: tls.crt, key: tls.key, required: ${required} }` });
  const write = (issued: { readonly cert: string; readonly key: string }) => {
    installation.write("tls.crt", issued.cert);
    installation.write("tls.key", issued.key);
  };

  test("are shown the certificate that was rotated, and those who are connected go on", async () => {
    const [first, second] = [selfSigned(), selfSigned()];
    write(first);
    await take(secured(false));
    const shown = async () => {
      const client = await connect("shop", { ssl: { rejectUnauthorized: false } });
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the driver's own stream, which TLS is on
      const { stream } = (
        client as unknown as { connection: { stream: { getPeerX509Certificate(): X509Certificate } } }
      ).connection;
      return { client, serial: stream.getPeerX509Certificate().serialNumber };
    };
    const before = await shown();
    expect(before.serial).toBe(new X509Certificate(first.cert).serialNumber);
    // The same paths with another content.
    write(second);
    proxy.stderr = "";
    proxy.child.kill("SIGHUP");
    await proxy.says("the changed configuration is in force");
    expect((await shown()).serial).toBe(new X509Certificate(second.cert).serialNumber);
    expect((await before.client.query("select 1")).rowCount).toBe(1);
  });

  test("must encrypt from then on: sessions in the clear end, others stay", async () => {
    write(selfSigned());
    await take(secured(false));
    const [plain, encrypted] = [await connect(), await connect("shop", { ssl: { rejectUnauthorized: false } })];
    const ended = endOf(plain);
    await take(secured(true));
    expect(await ended).toMatchObject({ message: expect.stringContaining("must be encrypted from now on") });
    expect((await encrypted.query("select 1")).rowCount).toBe(1);
    expect(await errorOf(connect())).toMatchObject({ message: "connections must be encrypted" });
  });

  test("are let in by other users and other limits", async () => {
    installation.write("others.yaml", users.replace("name: ana", "name: eve"));
    const client = await connect();
    await take(config({ users: "others.yaml" }));
    expect(await errorOf(connect())).toMatchObject({ code: "28P01" });
    expect((await client.query("select 1")).rowCount).toBe(1);
    // Whoever is no user any more may not change it back: the command's person is gone, the signal is not.
    expect((await ask()).status).toBe(401);
    installation.write("penstock.yaml", config({ more: "limits: { sessions: 1 }\n" }));
    proxy.child.kill("SIGHUP");
    await until(async () => (await ask()).status === 200);
    expect(await errorOf(connect())).toMatchObject({ code: "53300" });
    expect((await client.query("select 1")).rowCount).toBe(1);
  });
});

describe("policies", () => {
  test("from elsewhere decide the next statement, and no older bundle comes back by it", async () => {
    const { publicKey, privateKey: key } = generateKeyPair();
    installation.write("key.pub", publicKey);
    const denying = (kind: string) => `package p\n\ndeny "by the bundle" if query.kind == "${kind}"\n`;
    installation.write("new.tar.gz", await bundleOf(denying("select"), { sequence: 2, key }));
    installation.write("old.tar.gz", await bundleOf(denying("vacuum"), { sequence: 1, key }));
    const from = (file: string, more = "") =>
      config({ policies: `{ bundle: ${file}, trusted_keys: [key.pub]${more} }` });
    const client = await connect();
    await client.query("select 1");
    expect((await take(from("new.tar.gz"))).changed).toEqual(["policies"]);
    expect(await errorOf(client.query("select 1"))).toMatchObject({ message: "by the bundle" });
    const refused = await reload(from("old.tar.gz"));
    expect(refused.body.detail).toContain("its sequence 1 is before 2, which is in force");
    expect(await errorOf(client.query("select 1"))).toMatchObject({ message: "by the bundle" });
    await take(from("old.tar.gz", ", allow_rollback: true"));
    expect(await errorOf(client.query("select 1"))).toBeUndefined();
  });

  test("in the shadow come and go beside them", async () => {
    installation.write("shadow/s.policy", 'package s\n\ndeny "would" if query.kind == "select"\n');
    const client = await connect();
    await take(config({ policies: "{ path: policies, shadow: { path: shadow } }" }));
    await proxy.says("the shadow's policies decide beside");
    expect(await errorOf(client.query("select 'beside'"))).toBeUndefined();
    await until(() => installation.audit().some(({ event }) => event === "shadow"));
    await take(config());
    const told = installation.audit().filter(({ event }) => event === "shadow").length;
    await client.query("select 'alone', 1");
    expect(installation.audit().filter(({ event }) => event === "shadow")).toHaveLength(told);
  });

  test("leave literals out of records from the next statement on", async () => {
    installation.write("labelled/l.policy", `${policy}\nlabel column as "pii" if column.path == "public.people.ssn"\n`);
    const labelled = (audit: string) => config({ policies: "{ path: labelled }", audit });
    await take(labelled(""));
    const client = await connect();
    const last = () => installation.audit().findLast(({ event }) => event === "statement")?.["text"];
    await client.query("select id from people where ssn = 'a secret'");
    expect(last()).toContain("a secret");
    await take(labelled(", redact: { labels: [pii] }"));
    await client.query("select id from people where ssn = 'another secret'");
    expect(last()).toBe("select id from people where ssn = ?");
  });
});

test("a statement that waits for people is decided anew where its target has changed, and waits on where nothing of it has", async () => {
  const [waits, dropped] = [await connect(), await connect()];
  await direct.query("create table if not exists emptied (id int)");
  const statement = waits.query("truncate emptied");
  const headers = { authorization: `Bearer ${tokens.get("bob")?.token}` };
  const waiting = async () => {
    const response = await fetch(`${api}/api/v1/approvals`, { headers });
    return ((await response.json()) as { requests: { id: string }[] }).requests.map(({ id }) => id);
  };
  await until(async () => (await waiting()).length === 1);
  const [id = ""] = await waiting();
  await take(config({ more: "limits: { portals: 300 }\n", targets: [target("second")] }));
  const second = await connect("second");
  expect(await waiting()).toEqual([id]);
  const withdrawn = errorOf(second.query("truncate notes"));
  await until(async () => (await waiting()).length === 2);
  // The target of one is gone.
  await take(config());
  expect(await withdrawn).toMatchObject({ code: "57P01" });
  await until(async () => (await waiting()).length === 1);
  const approved = await installation.runWith(`${password}\n`, "approvals", "approve", id, "--as", "bob");
  expect(approved.code).toBe(0);
  expect((await statement).command).toBe("TRUNCATE");
  // In production it is denied to everybody now, approved or not.
  installation.write(
    "stricter/s.policy",
    `${policy}\ndeny "never" if { query.kind == "truncate"\n target.environment == "production" }\n`,
  );
  await take(config({ policies: "{ path: stricter }" }));
  const held = errorOf(dropped.query("truncate emptied"));
  await until(async () => (await waiting()).length === 1);
  await take(config({ policies: "{ path: stricter }", shop: target("shop", "environment: production") }));
  expect(await held).toMatchObject({ code: "42501", message: "never" });
});

test("under load, with signals that come together: nobody's statement fails, and each is held to what was in force", async () => {
  const now = { isOver: false, isProduction: false };
  const wrong: unknown[] = [];
  let ran = 0;
  const work = async () => {
    const client = await connect();
    while (!now.isOver) {
      // Only what has begun after the change was answered must be held to it.
      const began = now.isProduction;
      const error = await errorOf(client.query("delete from notes where id = -1"));
      ran++;
      if (began && now.isProduction && error === undefined) wrong.push("deleted in production");
      if (error !== undefined && error.message !== "not in production") wrong.push(error);
      await client.query("begin; select 1; commit").catch((other: unknown) => wrong.push(other));
    }
  };
  const workers = Array.from({ length: 8 }, work);
  for (let round = 0; round < 3; round++) {
    now.isProduction = false;
    await take(config({ targets: round % 2 === 0 ? [target("second")] : [] }));
    await take(
      config({ shop: target("shop", "environment: production"), more: `limits: { portals: ${1000 + round} }\n` }),
    );
    now.isProduction = true;
    for (let signal = 0; signal < 3; signal++) proxy.child.kill("SIGHUP");
    expect((await Promise.all([ask(), ask()])).map(({ status }) => status)).toEqual([200, 200]);
  }
  now.isOver = true;
  await Promise.all(workers);
  expect(wrong).toEqual([]);
  expect(ran).toBeGreaterThan(20);
});
