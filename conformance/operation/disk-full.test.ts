/**
 * The real proxy on a disk that is full, and has room again. The disk is a limit of the proxy's process (RLIMIT_FSIZE), which needs no root: the write
 * that would go beyond it gets as far as it, in the middle of a line, and further ones fail with EFBIG.
 */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { trustedKeys, type Verification, verifyAuditFiles } from "../../proxy/src/audit/verify.ts";
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

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
let installation: Installation;
let proxy: RunningProxy;
beforeEach(async () => {
  installation = new Installation();
  installation.write("seal.key", privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  await direct.query("truncate ran");
  await directMysql.query("truncate shop.ran");
});
afterEach(async () => {
  await proxy.stop("SIGKILL");
  installation.remove();
});

async function start(strict: boolean): Promise<void> {
  const login = ({ host, port, user, password }: PostgresServer | MariadbServer) =>
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
  /** How many rows are in the table, past the proxy. */
  readonly ran: () => Promise<number>;
}

const login = (port: string | undefined) => ({
  host: "127.0.0.1",
  port: Number(port),
  user: "ana",
  password: decodeURIComponent(new URL(proxy.url).password),
});

async function connectPostgres(): Promise<Session & { readonly client: Client }> {
  const port = /listening on [^ ]*:(\d+)/.exec(proxy.stderr)?.[1];
  const client = new Client({ ...login(port), database: "postgres" });
  client.on("error", () => undefined);
  await client.connect();
  return {
    client,
    run: (sql) => client.query(sql),
    end: () => client.end(),
    ran: async () => (await direct.query("select n from ran")).rows.length,
  };
}

async function connectMysql(): Promise<Session> {
  const port = /for MySQL, [^"]*:(\d+)/.exec(proxy.stderr)?.[1];
  const client = await createConnection({ ...login(port), database: "shop" });
  return {
    run: (sql) => client.query(sql),
    end: () => client.end(),
    ran: async () => {
      const [rows] = await directMysql.query<RowDataPacket[]>("select n from shop.ran");
      return rows.length;
    },
  };
}

const file = () => installation.path("audit.jsonl");
const verify = (): Verification => verifyAuditFiles([file()], trustedKeys([publicKey]));

/** The disk has so many bytes of room for the audit log; `undefined`: any number. */
function room(bytes: number | undefined): void {
  const soft = bytes === undefined ? "unlimited" : String(statSync(file()).size + bytes);
  execFileSync(requireTool("prlimit"), ["--pid", String(proxy.child.pid), `--fsize=${soft}:unlimited`]);
}

/** Until a statement is refused. @returns how many ran */
async function fill(session: Session): Promise<number> {
  for (let count = 0; count < 100; count++) {
    const failed = await session.run(`insert into ran values (${count})`).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (failed === undefined) continue;
    expect(failed).toContain("the audit log cannot be written, so the statement was not run");
    return count;
  }
  throw new Error("the disk was never full");
}

/** SQLSTATEs of what was inserted, as the audit log has them. */
function outcomes(): unknown[] {
  const records = installation.audit();
  return records
    .filter(({ event, text }) => event === "statement" && String(text).startsWith("insert"))
    .map((of) => records.find((each) => each["event"] === "result" && isOf(each, of))?.["sqlstate"]);
}

function isOf(result: Record<string, unknown>, statement: Record<string, unknown>): boolean {
  return result["session"] === statement["session"] && result["statement"] === statement["statement"];
}

test.each([false, true])(
  "with strict %s, statements on a full disk are refused and recorded, run when there is room again, and the chain holds",
  async (strict) => {
    await start(strict);
    const expected: string[] = [];
    for (const [connect, refusal, state] of [
      [connectPostgres, { code: "58030" }, "58030"],
      [connectMysql, { errno: 1105 }, "58030"],
    ] as const) {
      const session = await connect();
      // For some records, and a part of one.
      room(2000);
      const before = await fill(session);
      expect(before).toBeLessThan(20);
      // Whoever goes on fills nothing but his own screen.
      for (const n of [1000, 1001])
        await expect(session.run(`insert into ran values (${n})`)).rejects.toMatchObject(refusal);
      expect(await session.ran()).toBe(before);
      const whole = readFileSync(file(), "utf8");
      expect(whole.endsWith("\n")).toBe(true);
      expect(verify().problems).toEqual([]);

      room(undefined);
      await session.run("insert into ran values (2000)");
      expect(await session.ran()).toBe(before + 1);
      await session.end();
      expect(readFileSync(file(), "utf8").startsWith(whole)).toBe(true);
      expected.push(...Array.from({ length: before }, () => "00000"), state, state, state, "00000");
    }
    expect(proxy.stderr).toContain("the audit log cannot be written: statements are refused until it can");
    expect(proxy.stderr).toContain("the audit log can be written again: statements run");

    // One that nobody uses is ready again without a statement.
    const session = await connectPostgres();
    room(0);
    await expect(session.run("insert into ran values (3000)")).rejects.toMatchObject({ code: "58030" });
    proxy.stderr = proxy.stderr.replaceAll("can be written again", "");
    room(undefined);
    await proxy.says("the audit log can be written again");
    await session.end();
    expected.push("58030");

    await proxy.stop();
    expect(verify()).toMatchObject({ problems: [], notes: [] });
    expect(outcomes()).toEqual(expected);
    const gaps = installation.audit().filter(({ event }) => event === "audit_gap");
    expect(gaps.map((gap) => gap["lines_lost"])).toEqual([0, 0, 0]);
  },
);

test("a strict proxy that is killed at any moment of its work, or on a full disk, leaves a chain that holds and goes on", async () => {
  for (let round = 0; round < 4; round++) {
    await start(true);
    if (round === 0) room(12_000);
    const sessions = await Promise.all(Array.from({ length: 4 }, connectPostgres));
    const got = { answers: 0, isKilled: false };
    const work = sessions.map(async ({ run }, index) => {
      for (let n = 0; !got.isKilled; n++) {
        await run(`insert into ran values (${round * 1_000_000 + index * 100_000 + n})`).catch(() => undefined);
        got.answers++;
      }
    });
    while (got.answers < 5) await sleep(1);
    await sleep(round * 7);
    got.isKilled = true;
    await proxy.stop("SIGKILL");
    await Promise.all(work);
    expect(verify().problems).toEqual([]);
  }
  expect(verify().notes.some(({ message }) => message.includes("were sealed only when the proxy"))).toBe(true);
  // What ran is recorded: strict mode lets nothing go before.
  const { rows } = await direct.query<{ n: number }>("select n from ran");
  const recorded = new Set(
    installation.audit().map(({ text }) => Number(/^insert into ran values \((\d+)\)/.exec(String(text))?.[1])),
  );
  expect(rows.length).toBeGreaterThan(4);
  expect(rows.filter(({ n }) => !recorded.has(n))).toEqual([]);
});
