/**
 * The real proxy on a disk that is full, and has room again. The disk is a limit of the proxy's process (RLIMIT_FSIZE), which needs no root: the write
 * that would go beyond it gets as far as it, in the middle of a line, and further ones fail with EFBIG.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, createConnection } from "mysql2/promise";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { requireTool } from "../support/client-tools.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy } from "./proxy-process.ts";

let postgres: PostgresServer;
let mariadb: MariadbServer;
let direct: Client;
let directMysql: Connection;
beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()]);
  direct = new Client({ connectionString: postgres.url() });
  await direct.connect();
  directMysql = await mariadb.connect();
  await Promise.all([
    direct.query("create table ran (n int)"),
    directMysql.query("create database if not exists shop"),
  ]);
  await directMysql.query("create table shop.ran (n int)");
});
afterAll(async () => {
  await Promise.all([direct.end(), directMysql.end()]);
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

let installation: Installation;
let proxy: RunningProxy;
beforeEach(async () => {
  installation = new Installation();
  await installation.policy("keygen", "--output", installation.path("seal"));
});
afterEach(async () => {
  await proxy.stop("SIGKILL");
  installation.remove();
});

async function start(strict: boolean): Promise<void> {
  const login = ({ host, port, user, password }: { host: string; port: number; user: string; password: string }) =>
    `host: ${host}, port: ${port}, user: ${user}, password: "${password}", environment: test`;
  installation.write(
    "penstock.yaml",
    `listen: { port: 0, mysql_port: 0 }
targets:
  - { name: postgres, ${login(postgres)}, database: postgres }
  - { name: shop, engine: mariadb, ${login(mariadb)} }
users: users.yaml
policies: { path: policies }
audit: { file: audit.jsonl, strict: ${strict}, key_file: seal.key }
`,
  );
  proxy = await installation.start();
}

interface Session {
  readonly run: (sql: string) => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

const password = () => decodeURIComponent(new URL(proxy.url).password);

async function connectPostgres(): Promise<Session> {
  const client = new Client({
    host: "127.0.0.1",
    port: proxy.port,
    user: "ana",
    password: password(),
    database: "postgres",
  });
  await client.connect();
  return { run: (sql) => client.query(sql), end: () => client.end() };
}

async function connectMysql(): Promise<Session> {
  const port = Number(/for MySQL, [^"]*:(\d+)/.exec(proxy.stderr)?.[1]);
  const client = await createConnection({
    host: "127.0.0.1",
    port,
    user: "ana",
    password: password(),
    database: "shop",
  });
  return { run: (sql) => client.query(sql), end: () => client.end() };
}

const file = () => installation.path("audit.jsonl");

/** The disk has so many bytes of room for the audit log; `undefined`: any number. */
function room(bytes: number | undefined): void {
  const soft = bytes === undefined ? "unlimited" : String(statSync(file()).size + bytes);
  execFileSync(requireTool("prlimit"), ["--pid", String(proxy.child.pid), `--fsize=${soft}:unlimited`]);
}

/** Until one is refused. @returns how many ran */
async function fill(session: Session): Promise<number> {
  for (let ran = 0; ran < 100; ran++) {
    try {
      await session.run(`insert into ran values (${ran})`);
    } catch (error) {
      expect(error).toMatchObject({ message: "the audit log cannot be written, so the statement was not run" });
      return ran;
    }
  }
  throw new Error("the disk was never full");
}

async function verify(): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return installation.run("audit", "verify", file(), "--key", installation.path("seal.pub"));
}

const ran = async (engine: string): Promise<number> => {
  if (engine === "PostgreSQL")
    return Number((await direct.query<{ n: string }>("select count(*) as n from ran")).rows[0]?.n);
  const [rows] = await directMysql.query("select n from shop.ran");
  return Array.isArray(rows) ? rows.length : -1;
};

describe.each([
  ["PostgreSQL", connectPostgres, { code: "58030" }],
  ["MariaDB", connectMysql, { errno: 1105 }],
] as const)("of %s", (engine, connect, refusal) => {
  beforeEach(async () => {
    await direct.query("truncate ran");
    await directMysql.query("truncate shop.ran");
  });

  test.each([false, true])(
    "with strict %s, statements on a full disk are refused and recorded, run when there is room again, and the chain holds",
    async (strict) => {
      await start(strict);
      const session = await connect();
      // For some records, and a part of one.
      room(2000);
      const before = await fill(session);
      expect(before).toBeLessThan(20);
      expect(await ran(engine)).toBe(before);
      // Whoever goes on fills nothing but his own screen.
      for (const n of [1000, 1001, 1002])
        await expect(session.run(`insert into ran values (${n})`)).rejects.toMatchObject(refusal);
      await proxy.says("the audit log cannot be written: statements are refused until it can");
      expect(await ran(engine)).toBe(before);
      const whole = readFileSync(file(), "utf8");
      expect(whole.endsWith("\n")).toBe(true);
      expect((await verify()).code).toBe(0);

      room(undefined);
      await session.run("insert into ran values (2000)");
      expect(await ran(engine)).toBe(before + 1);
      expect(proxy.stderr).toContain("the audit log can be written again: statements run");
      await session.end();
      await proxy.stop();
      const { code, stdout } = await verify();
      expect(stdout.trimEnd().split("\n").at(-1)).toBe("nothing is wrong");
      expect(stdout).not.toContain("note:");
      expect(code).toBe(0);
      expect(readFileSync(file(), "utf8").startsWith(whole)).toBe(true);

      const records = installation.audit();
      const statements = records.filter(
        ({ event, text }) => event === "statement" && String(text).startsWith("insert"),
      );
      const outcomes = statements.map(
        ({ session: of, statement }) =>
          records.find(
            (each) => each["event"] === "result" && each["session"] === of && each["statement"] === statement,
          )?.["sqlstate"],
      );
      const refused = Array.from({ length: 4 }, () => "58030");
      expect(outcomes).toEqual([...Array.from({ length: before }, () => "00000"), ...refused, "00000"]);
      expect(records.find(({ event }) => event === "audit_gap")).toMatchObject({ lines_lost: 0 });
    },
  );
});

test("a proxy that nobody uses is ready again when there is room again", async () => {
  await start(false);
  const session = await connectPostgres();
  room(0);
  await expect(session.run("select 1")).rejects.toMatchObject({ code: "58030" });
  room(undefined);
  await proxy.says("the audit log can be written again: statements run");
  expect(await session.run("select 1 as one")).toMatchObject({ rows: [{ one: 1 }] });
  await session.end();
});

test("a proxy that was killed on a full disk goes on in the chain when it is started with room", async () => {
  await start(true);
  const session = await connectPostgres();
  room(1000);
  await fill(session);
  await proxy.stop("SIGKILL");
  await session.end().catch(() => undefined);
  proxy = await installation.start();
  const next = await connectPostgres();
  await next.run("select 1");
  await next.end();
  await proxy.stop();
  const { code, stdout } = await verify();
  expect(stdout).toMatch(/lines before were sealed only when the proxy was started again/);
  expect(stdout).not.toContain("it was cut");
  expect(code).toBe(0);
});

test("a strict proxy that is killed at any moment of its work leaves a chain that holds and goes on", async () => {
  await direct.query("truncate ran");
  const sent: number[] = [];
  for (let round = 0; round < 8; round++) {
    await start(true);
    const sessions = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const client = new Client({
          host: "127.0.0.1",
          port: proxy.port,
          user: "ana",
          password: password(),
          database: "postgres",
        });
        client.on("error", () => undefined);
        await client.connect();
        return client;
      }),
    );
    let isKilled = false;
    const work = sessions.map(async (client, index) => {
      for (let n = 0; !isKilled; n++) {
        const number = round * 1_000_000 + index * 100_000 + n;
        sent.push(number);
        await client.query(`insert into ran values (${number})`).catch(() => undefined);
      }
    });
    await sleep(40 + round * 23);
    isKilled = true;
    await proxy.stop("SIGKILL");
    await Promise.all(work);
    expect((await verify()).code).toBe(0);
  }
  // What ran is recorded: strict mode lets nothing go before.
  const { rows } = await direct.query<{ n: number }>("select n from ran");
  const recorded = new Set(
    installation
      .audit()
      .filter(({ event }) => event === "statement")
      .map(({ text }) => Number(/\((\d+)\)/.exec(String(text))?.[1])),
  );
  expect(rows.length).toBeGreaterThan(8);
  expect(rows.filter(({ n }) => !recorded.has(n))).toEqual([]);
  expect(sent.length).toBeGreaterThanOrEqual(rows.length);
});
