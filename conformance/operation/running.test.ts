/** The proxy as its operator and its users meet it: the real command, real sessions, a real disk that fails. */
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type DatabaseError } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deriveVerifier, formatVerifier } from "../../proxy/src/identity/scram-verifier.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, policy, type RunningProxy, users } from "./proxy-process.ts";

let server: PostgresServer;
let direct: Client;
let installation: Installation;
let proxy: RunningProxy | undefined;
const clients: Client[] = [];
beforeAll(async () => {
  server = await startPostgres();
  direct = new Client({ connectionString: server.url() });
  await direct.connect();
  await direct.query("create table notes (id int)");
});
afterAll(async () => {
  await direct.end();
  await server.stop();
});
beforeEach(() => {
  installation = new Installation(server);
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
  await proxy?.stop("SIGKILL");
  proxy = undefined;
  installation.remove();
});

async function start(wrap?: string): Promise<RunningProxy> {
  proxy = await installation.start(wrap);
  return proxy;
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

/** The error of a statement; `undefined` when it succeeds. */
async function errorOf(client: Client, sql: string): Promise<DatabaseError | undefined> {
  return client.query(sql).then(
    () => undefined,
    (error: DatabaseError) => error,
  );
}

async function countNotes(): Promise<number | undefined> {
  return (await direct.query<{ n: number }>("select count(*)::int as n from notes")).rows[0]?.n;
}

async function selectTenTimes(client: Client): Promise<void> {
  for (let index = 0; index < 10; index++) await client.query("select 1");
}

function auditText(): string {
  return readFileSync(installation.path("audit.jsonl"), "utf8");
}

async function eventually(what: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < 15_000; waitedMs += 50) {
    if (await what()) return true;
    await sleep(50);
  }
  return false;
}

test("a session sees answers and denials, and every statement is in the audit log before its answer arrives", async () => {
  const { url } = await start();
  const client = await connect(url);
  for (let index = 1; index <= 20; index++) {
    const { rows } = await client.query<{ n: number }>(`select ${index} as n`);
    const recorded = installation.audit().filter((line) => line["event"] === "statement");
    expect(rows).toEqual([{ n: index }]);
    expect(recorded.at(-1)).toMatchObject({
      text: `select ${index} as n`,
      decision: "allow",
      statement: index,
      principal: { id: "ana", kind: "human" },
    });
  }
  expect(await errorOf(client, "truncate notes")).toMatchObject({ code: "42501", message: "truncate is not for you" });
  expect(installation.audit().findLast((line) => line["event"] === "statement")).toMatchObject({
    text: "truncate notes",
    decision: "deny",
  });
  expect(await errorOf(client, "select 1")).toBeUndefined();
  expect(await eventually(() => installation.audit().filter((line) => line["event"] === "result").length === 22)).toBe(
    true,
  );
});

test("SIGTERM lets a running statement end, then nothing is left", async () => {
  const running = await start();
  const client = await connect(running.url);
  const slow = client.query<{ done: number }>("select 1 as done from pg_sleep(1)");
  await eventually(() => installation.audit().some((line) => String(line["text"]).includes("pg_sleep")));
  const stopped = running.stop();
  expect((await slow).rows).toEqual([{ done: 1 }]);
  expect(await stopped).toBe(0);
  // As soon as the statement has ended, long before limits.close_ms.
  const at = (message: string) =>
    Date.parse(new RegExp(`"time":"([^"]+)"[^\n]*"msg":"${message}`).exec(running.stderr)?.[1] ?? "");
  expect(at("stopped") - at("SIGTERM")).toBeLessThan(4500);
  expect(running.stderr).toContain("stopped");
  expect(installation.audit().at(-1)).toMatchObject({ event: "disconnect" });
  const left =
    "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
  expect(await eventually(async () => (await direct.query<{ n: number }>(left)).rows[0]?.n === 0)).toBe(true);
});

test("SIGINT ends it too, and SIGHUP opens the audit log again for rotation", async () => {
  const running = await start();
  const client = await connect(running.url);
  await client.query("select 'before'");
  renameSync(installation.path("audit.jsonl"), installation.path("audit.jsonl.1"));
  running.child.kill("SIGHUP");
  await running.says("SIGHUP");
  expect(
    await eventually(async () => {
      await client.query("select 'after'");
      return readFileSync(installation.path("audit.jsonl"), "utf8").includes("select 'after'");
    }),
  ).toBe(true);
  expect(readFileSync(installation.path("audit.jsonl.1"), "utf8")).toContain("select 'before'");
  expect(await running.stop("SIGINT")).toBe(0);
});

describe("policies that change", () => {
  test("decide the next statement of open sessions; with a mistake the old ones stay and the diagnostics are shown", async () => {
    const running = await start();
    const client = await connect(running.url);
    expect(await errorOf(client, "select 1")).toBeUndefined();

    installation.write("policies/guard.policy", `${policy}\ndeny "no reading today" if query.kind == "select"\n`);
    await running.says("new policies are in force");
    expect(await errorOf(client, "select 1")).toMatchObject({ message: "no reading today" });

    installation.write("policies/guard.policy", policy.replace('"truncate"', '"trunkate"'));
    await running.says("the old ones stay in force");
    await running.says("trunkate");
    await running.says("did you mean");
    expect(await errorOf(client, "select 1")).toMatchObject({ message: "no reading today" });

    installation.write("policies/guard.policy", policy);
    expect(await eventually(async () => (await errorOf(client, "select 1")) === undefined)).toBe(true);
    const revisions = new Set(
      installation.audit().flatMap((line) => (line["event"] === "statement" ? [line["revision"]] : [])),
    );
    expect(revisions.size).toBe(2);
  });

  test("are refused while a file is half written, or cannot be read as text", async () => {
    const running = await start();
    const client = await connect(running.url);
    installation.write("policies/more.policy", Buffer.from([0xff, 0x00]));
    await running.says("is not valid UTF-8");
    expect(await errorOf(client, "truncate notes")).toMatchObject({ code: "42501" });
  });

  test("come as bundles too, and one by a stranger leaves the old one in place", async () => {
    for (const key of ["key", "other"]) await installation.policy("keygen", "-o", key);
    const build = (key: string) => installation.policy("build", "policies", "-o", "p.tar.gz", "--key", key);
    await build("key.key");
    installation.write(
      "penstock.yaml",
      installation.config({ policies: "{ bundle: p.tar.gz, trusted_keys: [key.pub] }" }),
    );
    const running = await start();
    const client = await connect(running.url);
    installation.write("policies/guard.policy", "package guard\n\nallow if true\n");
    await build("other.key");
    await running.says("the bundle is refused: it is signed with a key that is not trusted here");
    expect(await errorOf(client, "truncate notes")).toMatchObject({ code: "42501" });
    await build("key.key");
    await running.says("new policies are in force");
    expect(await errorOf(client, "truncate notes")).toBeUndefined();
  });
});

test("users that are added can log in at once, removed ones cannot, and a file with mistakes changes nothing", async () => {
  const running = await start();
  await connect(running.url);
  const verifier = formatVerifier(await deriveVerifier("bea's password"));
  installation.write("users.yaml", `${users}  - { name: bea, kind: human, verifier: "${verifier}" }\n`);
  await running.says("read the users file again");
  const bea = `postgres://bea:${encodeURIComponent("bea's password")}@127.0.0.1:${running.port}/shop`;
  await connect(bea);
  installation.write("users.yaml", "users: [{ name: eve }]");
  await running.says("the users before stay");
  await connect(bea);
  installation.write("users.yaml", users);
  const loginFails = async () =>
    connect(bea).then(
      () => false,
      (error: DatabaseError) => error.code === "28P01",
    );
  expect(await eventually(loginFails)).toBe(true);
});

describe("when the audit log cannot be written", () => {
  test("because the disk is full, statements are refused and nothing reaches the target", async () => {
    installation.write("penstock.yaml", installation.config({ audit: "{ file: /dev/full }" }));
    const running = await start();
    const before = await countNotes();
    const client = await connect(running.url);
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await errorOf(client, "insert into notes values (1)")).toMatchObject({
        message: expect.stringContaining("audit"),
      });
    }
    expect(await countNotes()).toBe(before);
    expect(running.stderr).toContain("the audit log cannot be written: statements are refused until it can");
    expect(running.stderr.split("cannot be written")).toHaveLength(2);
  });

  test("because the file may not grow, statements from then on are refused, and those before are whole", async () => {
    const { url } = await start("ulimit -f 16");
    const client = await connect(url);
    let accepted = 0;
    let refused = 0;
    for (let index = 0; index < 100; index++) {
      if ((await errorOf(client, `select ${index}, '${"x".repeat(100)}'`)) === undefined) accepted++;
      else refused++;
    }
    expect(accepted).toBeGreaterThan(2);
    expect(refused).toBeGreaterThan(2);
    const text = readFileSync(installation.path("audit.jsonl"), "utf8");
    expect(
      text.split("\n").filter((line) => line.startsWith('{"event":"statement"') && line.endsWith("}")).length,
    ).toBeGreaterThanOrEqual(accepted);
  });

  test("and then can be again, statements go on in the same session and the gap is recorded", async () => {
    const pipe = installation.path("pipe");
    execFileSync("mkfifo", [pipe]);
    installation.write("penstock.yaml", installation.config({ audit: "{ file: pipe }" }));
    let reader = openSync(pipe, "r+");
    const running = await start();
    const client = await connect(running.url);
    expect(await errorOf(client, "select 1")).toBeUndefined();
    closeSync(reader);
    expect(await errorOf(client, "select 2")).toMatchObject({ message: expect.stringContaining("audit") });
    reader = openSync(pipe, "r+");
    expect(await errorOf(client, "select 3")).toBeUndefined();
    await running.says("the audit log can be written again");
    closeSync(reader);
  });

  test("in strict mode, every statement is on disk first", async () => {
    installation.write("penstock.yaml", installation.config({ audit: "{ file: audit.jsonl, strict: true }" }));
    const { url } = await start();
    const sessions = await Promise.all(Array.from({ length: 5 }, () => connect(url)));
    await Promise.all(sessions.map(selectTenTimes));
    expect(installation.audit().filter((line) => line["event"] === "statement")).toHaveLength(50);
  });
});

test("a last audit line that a crash has cut is ended at the next start, and reported", async () => {
  writeFileSync(installation.path("audit.jsonl"), '{"event":"statement","te', { mode: 0o600 });
  const running = await start();
  expect(running.stderr).toContain("was cut off");
  await (await connect(running.url)).query("select 1");
  const lines = readFileSync(installation.path("audit.jsonl"), "utf8").split("\n");
  expect(lines[0]).toBe('{"event":"statement","te');
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ event: "segment" });
  expect(JSON.parse(lines[2] ?? "")).toMatchObject({ event: "connect" });
});

test("what clients call themselves cannot forge lines on the screen or in the audit log", async () => {
  const running = await start();
  const name = 'eve\n{"level":"info","msg":"all is well"}\u001b[2J';
  const client = new Client({
    host: "127.0.0.1",
    port: running.port,
    user: name,
    password: "x",
    database: "shop\u009b31m",
  });
  await expect(client.connect()).rejects.toMatchObject({ code: "28P01" });
  await running.says("a login failed");
  expect(await eventually(() => auditText().includes('"refused"'))).toBe(true);
  for (const text of [running.stderr, auditText()]) {
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(text.split("\n").filter((line) => line.includes("all is well") && !line.includes("eve"))).toEqual([]);
  }
});

test("no secret is on the screen or in the audit log", async () => {
  installation.write("penstock.yaml", `${installation.config()}log: { level: debug }\n`);
  const running = await start();
  const client = await connect(running.url);
  await client.query("select $1::text", ["a parameter's value"]);
  await errorOf(client, "syntax error here");
  expect(await running.stop()).toBe(0);
  const everything = running.stderr + readFileSync(installation.path("audit.jsonl"), "utf8");
  for (const secret of [server.password, "ana's password", "a parameter's value", "SCRAM-SHA-256$"])
    expect(everything).not.toContain(secret);
});

test("a target that goes away is named to the client without its address, and on the screen with it", async () => {
  const own = await startPostgres();
  const other = new Installation(own);
  const running = await other.start();
  await connect(running.url);
  await own.stop();
  const refusal = await connect(running.url).catch((error: DatabaseError) => error);
  expect(refusal).toMatchObject({ code: "08001", message: expect.stringContaining('"shop"') });
  expect(refusal).toMatchObject({ message: expect.not.stringContaining(String(own.port)) });
  await running.says("a session got no connection to its target");
  expect(running.stderr).toContain("nothing listens there");
  expect(await running.stop()).toBe(0);
  other.remove();
});
