/** A token that expires while its session is open: nothing further runs, what is open can be ended, and the client hears why. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { selfSigned } from "../protocol/certificate.ts";
import { type MysqlStage, startMysqlStage } from "../support/mysql-stage.ts";
import { type Stage, startStage } from "../support/stage.ts";
import { TestIssuer, tokenLogins, tokenUser } from "./issuers.ts";

const issuer = new TestIssuer("https://login.example");
const tls = selfSigned();
const policy = 'package guard\napprove by "dba" if query.kind == "delete"';
const setup = "create table notes (id int primary key, t varchar(20)); insert into notes values (1, 'one'), (2, 'two')";
/** Long enough to log in and begin on a busy machine. */
const lifetimeSeconds = 5;

let pgStage: Stage;
let myStage: MysqlStage;
let endsAtMs: number;
beforeAll(async () => {
  await issuer.server.start();
  const { tokens } = tokenLogins([issuer.config()], { clockSkewMs: 0 });
  const options = { setup, policy, tls, tokens, approvals: true };
  [pgStage, myStage] = await Promise.all([startStage(options), startMysqlStage(options)]);
  // In whole seconds, as tokens have it.
  endsAtMs = Math.floor(Date.now() / 1000 + lifetimeSeconds) * 1000;
});
afterAll(async () => {
  await Promise.all([pgStage?.stop(), myStage?.stop(), issuer.server.stop()]);
});

const shortToken = () => issuer.token({ exp: endsAtMs / 1000 });
const expired = async () => sleep(Math.max(0, endsAtMs - Date.now() + 5));
const message = expect.stringMatching(
  /the token that you logged in with has expired at .*Z: the statement was not run/,
);
const hint =
  "get a new token (policy-proxy login) and connect again; an open transaction can be ended before, by COMMIT or ROLLBACK";
const refusal = { code: "28000", message, hint };

async function onPg(token: string, more: object = {}): Promise<Client> {
  const { host, port, database } = pgStage.proxied.as("ann");
  const client = new Client({
    host,
    port,
    database,
    user: tokenUser,
    password: token,
    ssl: { ca: tls.cert, servername: "localhost" },
    ...more,
  });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function onMysql(token: string): Promise<Connection> {
  const { port, database } = myStage.proxied.as("ann");
  return createConnection({
    host: "localhost",
    port,
    database,
    user: tokenUser,
    password: token,
    ssl: { ca: tls.cert },
  });
}

describe("PostgreSQL", () => {
  test("refuses what comes after, in every form, ends transactions as they stand, and keeps the connection", async () => {
    const [idle, open, undone, prepared, cursor, listening, held, fresh] = await Promise.all([
      ...Array.from({ length: 7 }, () => onPg(shortToken())),
      onPg(issuer.token()),
    ]);
    if (!idle || !open || !undone || !prepared || !cursor || !listening || !held || !fresh)
      throw new Error("none may be missing");
    const heard: string[] = [];
    listening.on("notification", ({ payload }) => heard.push(payload ?? ""));
    const named = { name: "by-id", text: "select t from notes where id = $1" };
    await Promise.all([
      idle.query("select 1"),
      open.query("begin; insert into notes values (3, 'three')"),
      undone.query("begin; insert into notes values (4, 'four')"),
      prepared.query(named, [1]),
      cursor.query("begin; declare c cursor for table notes; fetch 1 from c"),
      listening.query("listen news").then(() => fresh.query("notify news, 'before'")),
    ]);
    const waiting = held.query("delete from notes").then(
      () => "it ran",
      (error: Error & { code?: string }) => error,
    );
    expect(Date.now()).toBeLessThan(endsAtMs);
    await expired();
    // The one that waits hears by itself.
    expect(await waiting).toMatchObject(refusal);
    await fresh.query("notify news, 'after'");
    // oxlint-disable-next-line no-await-in-loop -- one connection
    for (const sql of [
      "select 1",
      "table notes",
      "begin",
      "set application_name = 'x'",
      "",
      "no syntax",
      "commit; select 1",
    ])
      await expect(idle.query(sql)).rejects.toMatchObject(refusal);
    await expect(idle.query("select $1::int", [1])).rejects.toMatchObject(refusal);
    await expect(prepared.query(named, [1])).rejects.toMatchObject(refusal);
    await expect(cursor.query("fetch 1 from c")).rejects.toMatchObject(refusal);
    await expect(idle.query("commit")).resolves.toMatchObject({ command: "COMMIT" });
    await open.query("commit");
    await undone.query({ text: "rollback", values: [] });
    await expect(cursor.query("commit")).resolves.toMatchObject({ command: "ROLLBACK" });
    const { rows } = await fresh.query("select id from notes order by id");
    expect(rows).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(heard).toEqual(["before"]);
    const last = pgStage.proxied.auditLines().findLast((line) => line["refused"] !== undefined);
    expect(last).toMatchObject({ principal: { id: "ana" }, refused: { code: "login_expired" } });
    for (const client of [idle, open, undone, prepared, cursor, listening, held, fresh]) void client.end();
  });
});

describe("MySQL", () => {
  test("refuses what comes after, in every form, ends transactions as they stand, and keeps the connection", async () => {
    endsAtMs = Math.floor(Date.now() / 1000 + lifetimeSeconds) * 1000;
    const [idle, open, undone, prepared, held, again, fresh] = await Promise.all([
      ...Array.from({ length: 6 }, () => onMysql(shortToken())),
      onMysql(issuer.token()),
    ]);
    if (!idle || !open || !undone || !prepared || !held || !again || !fresh) throw new Error("none may be missing");
    const statement = await prepared.prepare("select t from notes where id = ?");
    await open.query("start transaction");
    await undone.query("start transaction");
    await Promise.all([
      idle.ping(),
      open.query("insert into notes values (3, 'three')"),
      undone.query("insert into notes values (4, 'four')"),
      statement.execute([1]),
    ]);
    const waiting = held.query("delete from notes").then(
      () => "it ran",
      (error: Error) => error,
    );
    expect(Date.now()).toBeLessThan(endsAtMs);
    await expired();
    const refused = { errno: 1045, sqlState: "28000", message };
    expect(await waiting).toMatchObject(refused);
    // oxlint-disable-next-line no-await-in-loop -- one connection
    for (const sql of ["select 1", "table notes", "begin", "set @a = 1", "use shop", "no syntax", "kill 1"])
      await expect(idle.query(sql)).rejects.toMatchObject(refused);
    await expect(idle.ping()).rejects.toMatchObject(refused);
    await expect(idle.prepare("select 1")).rejects.toMatchObject(refused);
    await expect(statement.execute([1])).rejects.toMatchObject(refused);
    await open.query("commit");
    await undone.query("select 1").catch(() => undefined);
    await undone.query("rollback");
    const [rows] = await fresh.query<RowDataPacket[]>("select id from notes order by id");
    expect(rows.map((row) => row["id"])).toEqual([1, 2, 3]);
    // The same connection, and a login of its own.
    await again.changeUser({ user: tokenUser, password: issuer.token(), database: "shop" });
    const [found] = await again.query("select t from notes where id = 1");
    expect(found).toEqual([{ t: "one" }]);
    for (const client of [idle, open, undone, prepared, held, again, fresh]) client.destroy();
  });
});
