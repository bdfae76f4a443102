/** PostgreSQL's own programs and an ordinary driver work through the proxy and notice nothing. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { runTool } from "./run-tool.ts";
import { startTestProxy, type TestProxy, testPassword, testUser } from "./test-proxy.ts";

let server: PostgresServer;
let proxied: TestProxy;
let old: PostgresServer;
let oldProxied: TestProxy;

beforeAll(async () => {
  server = await startPostgres();
  proxied = await startTestProxy(server);
  // Debian's pg_dump is older than PostgreSQL 18, and refuses it.
  old = await startPostgres({ major: 15 });
  oldProxied = await startTestProxy(old);
});
afterAll(async () => {
  await proxied?.close();
  await oldProxied?.close();
  await server?.stop();
  await old?.stop();
});

const env = { PGPASSWORD: testPassword };
const where = ({ port }: TestProxy) => ["-h", "127.0.0.1", "-p", String(port), "-U", testUser];

test("psql runs a script with everything that people do in psql", async () => {
  const { code, stdout, stderr } = await runTool(
    "psql",
    [...where(proxied), "-X", "-v", "ON_ERROR_STOP=1", "postgres"],
    {
      env,
      input: `
      create table shop(id int primary key, name text);
      copy shop from stdin;
1\tbread
2\tmilk
\\.
      \\d shop
      \\dt+
      \\df+ pg_catalog.lower
      \\dn+
      \\x on
      select * from shop order by id;
      \\x off
      begin; savepoint a; update shop set name = 'cheese' where id = 2; rollback to a; commit;
      \\set FETCH_COUNT 1
      select name from shop order by id;
      \\unset FETCH_COUNT
      prepare p as select name from shop where id = $1; execute p(1); deallocate p;
      \\copy shop to stdout
      select 1 \\; select 2;
      drop table shop;
    `,
    },
  );
  expect([stderr, code]).toEqual(["", 0]);
  for (const part of ["bread", "milk", '"shop_pkey" PRIMARY KEY', "1\tbread", "COPY 2", "DEALLOCATE"])
    expect(stdout).toContain(part);
});

/** Newer versions put a random key into each dump. */
const plain = (dump: string) => dump.replaceAll(/^\\(?:un)?restrict .*$/gm, "");

test("pg_dump dumps the same through the proxy as from the server", async () => {
  const setup = new Client({ connectionString: old.url() });
  await setup.connect();
  await setup.query(
    "create table dumped(id serial primary key, v text default 'x', unique (v)); insert into dumped(v) select 'row ' || i from generate_series(1, 2000) i",
  );
  await setup.query(
    "create view seen as select v from dumped; create function twice(int) returns int language sql as 'select 2 * $1'",
  );
  await setup.end();
  const through = await runTool("pg_dump", [...where(oldProxied), "postgres"], { env });
  const direct = await runTool("pg_dump", ["-d", old.url()]);
  expect(through.stderr).toBe("");
  expect(plain(through.stdout)).toBe(plain(direct.stdout));
  expect(through.stdout).toContain("row 2000");
});

test.each(["simple", "extended", "prepared"])("pgbench runs its transactions by the %s protocol", async (mode) => {
  const on = where(proxied);
  const init = await runTool("pgbench", [...on, "-i", "-q", "-s", "1", "postgres"], { env });
  expect([init.code, init.stdout]).toEqual([0, ""]);
  const { code, stdout, stderr } = await runTool(
    "pgbench",
    [...on, "-n", "-M", mode, "-c", "4", "-t", "50", "postgres"],
    { env },
  );
  expect([code, stderr.replaceAll(/^pgbench .*\n/gm, "")]).toEqual([0, ""]);
  expect(stdout).toContain("number of failed transactions: 0");
});

test("pg works with transactions, prepared statements, pipelines and errors", async () => {
  const client = new Client({ connectionString: proxied.url() });
  await client.connect();
  await client.query("create temp table t(v int unique)");
  for (let index = 0; index < 3; index++) {
    await client.query({ name: "add", text: "insert into t values ($1)", values: [index] });
  }
  await expect(client.query({ name: "add", text: "insert into t values ($1)", values: [1] })).rejects.toMatchObject({
    code: "23505",
  });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => client.query("select $1::int as v", [index])),
  );
  expect(answers.map(({ rows }) => rows[0].v)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  const { rows } = await client.query({ text: "select v from t order by v", rowMode: "array" });
  expect(rows).toEqual([[0], [1], [2]]);
  await client.end();
});

test("an older server is asked for its search_path", async () => {
  const client = new Client({ connectionString: oldProxied.url() });
  await client.connect();
  expect((await client.query("select 1 as v")).rows).toEqual([{ v: 1 }]);
  await client.query("begin");
  await client.query("set local search_path = elsewhere");
  expect((await client.query("show search_path")).rows).toEqual([{ search_path: "elsewhere" }]);
  await client.query("rollback");
  expect((await client.query("select 2 as v")).rows).toEqual([{ v: 2 }]);
  await client.end();
});
