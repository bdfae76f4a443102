/** What clients ask about the server and about what it had to say: for those from whom something is hidden, what of it can tell of nothing hidden. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { RowDataPacket } from "mysql2";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";

const setup = `
  create table customers (id int primary key, email varchar(40));
  insert into customers values (1, 'hidden-1@x');
  create table free (id int primary key, word varchar(40));
  insert into free values (1, 'word');
  create view mails as select email from customers;
`;

const policy = `package test
guarded if not "dba" in principal.groups
mask shop.customers.email with redact() if guarded
filter shop.customers as row where row.id == 2 if guarded
deny "nobody flushes" if { query.kind == "flush"; guarded }
`;

let stage: MysqlStage;
let ann: Connection;
let dba: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy });
  [ann, dba] = await Promise.all([stage.enter("ann"), stage.enter("dba")]);
});
afterAll(() => stage.stop());

async function rowsOf(sql: string, client = ann): Promise<RowDataPacket[]> {
  const [rows] = await client.query<RowDataPacket[]>(sql);
  return rows;
}

async function answer(sql: string, client = ann): Promise<string> {
  return rowsOf(sql, client).then((rows) => JSON.stringify(rows), String);
}

test.each(["Ssl_cipher", "Threads\\_connected", "uptime", "Ssl%", "threads_%"])(
  "SHOW STATUS LIKE '%s' is shown",
  async (name) => {
    expect((await rowsOf(`show session status like '${name}'`)).length).toBeGreaterThan(0);
    expect(await answer(`show status like '${name}'`)).not.toContain("Error");
  },
);

test.each(["%", "Handler_read%", "S%", "Innodb_rows_read", "Last_query_cost", "_ptime%", "Rows_read", "Com_select"])(
  "SHOW STATUS LIKE '%s' is refused while rows are hidden, and shown to others",
  async (name) => {
    expect(await answer(`show status like '${name}'`)).toContain("tells how many rows there are");
    expect(await answer(`show global status like '${name}'`)).toContain("tells how many rows there are");
    expect(await answer(`show status like '${name}'`, dba)).not.toContain("Error");
  },
);

test("SHOW PROCESSLIST shows who is connected, and not what runs", async () => {
  const busy = await stage.enter("dba");
  const runs = busy.query("select sleep(0.7), 'hidden-1@x' as told from free");
  await new Promise((resolve) => setTimeout(resolve, 200));
  for (const sql of ["show processlist", "show full processlist"]) {
    const rows = await rowsOf(sql);
    expect(rows.length).toBeGreaterThan(1);
    expect(Object.keys(rows[0] ?? {})).toEqual([
      "Id",
      "User",
      "Host",
      "db",
      "Command",
      "Time",
      "State",
      "Info",
      "Progress",
    ]);
    expect(JSON.stringify(rows)).not.toContain("hidden-");
    expect(new Set(rows.map(({ Info: info }) => info as unknown))).toEqual(new Set([null]));
    expect(await answer(sql, dba)).toContain("hidden-1");
    expect((await ann.execute<RowDataPacket[]>(sql))[0].length).toBe(rows.length);
  }
  await runs;
});

test("SHOW GRANTS of one's own shows no hash of a password", async () => {
  for (const sql of ["show grants", "show grants for current_user", "show grants for current_user()"]) {
    expect(await answer(sql)).toMatch(/GRANT .* IDENTIFIED BY PASSWORD '\*\*\*'/);
  }
  expect(await answer("show grants for root@localhost")).toContain("hashes of passwords");
  expect(await answer("show grants", dba)).toMatch(/PASSWORD '\*[0-9A-F]{40}'/);
  await expect(ann.execute("show grants")).rejects.toThrow("as text only");
});

test("CHECKSUM TABLE of a table of which something is hidden is refused", async () => {
  expect(await answer("checksum table free")).toMatch(/"Table":"shop\.free","Checksum":\d+/);
  for (const sql of ["checksum table customers", "checksum table free, customers extended", "checksum table mails"]) {
    expect(await answer(sql)).toMatch(/CHECKSUM/);
    expect(await answer(sql)).not.toContain('"Checksum":');
  }
  expect(await answer("checksum table customers", dba)).toMatch(/"Checksum":\d+/);
});

test("SIGNAL says what it is told to", async () => {
  await expect(
    ann.query("signal sqlstate '45000' set message_text = 'as told', mysql_errno = 31001"),
  ).rejects.toMatchObject({
    errno: 31_001,
    message: "as told",
  });
  expect(await answer("resignal")).toContain("handler not active");
});

test("GET DIAGNOSTICS tells numbers, and words only where they can tell of nothing hidden", async () => {
  const failing = "insert into free values (1, 'again')";
  for (const client of [ann, dba]) {
    expect(await answer(failing, client)).toContain("Error");
    await client.query("get diagnostics @n = number, @r = row_count");
    await client.query("get diagnostics condition 1 @s = returned_sqlstate, @e = mysql_errno");
    expect(await rowsOf("select @n as n, @s as s, @e as e", client)).toEqual([{ n: 1, s: "23000", e: 1062 }]);
  }
  await answer(failing);
  expect(await answer("get diagnostics condition 1 @m = message_text")).toContain("data is hidden from you");
  await answer(failing, dba);
  await dba.query("get diagnostics condition 1 @m = message_text");
  expect(await answer("select @m as m", dba)).toContain("Duplicate entry");
});

test("warnings can be shown twice", async () => {
  await ann.query("select cast('x' as int)");
  expect((await rowsOf("show warnings")).length).toBe(1);
  expect((await rowsOf("show warnings")).length).toBe(1);
});

test("what stands behind them in a text is shown as it is", async () => {
  const several = await stage.enter("ann", { multipleStatements: true });
  const [results] = await several.query<RowDataPacket[][]>(
    "show grants; select word from free; do 1; show warnings; select 2",
  );
  expect(JSON.stringify(results)).toMatch(/\*\*\*.*"word":"word".*"2":2/);
  await several.query("select cast(email as int) from customers");
  const [after] = await several.query<RowDataPacket[][]>("show warnings; select word, 1 as one from free");
  expect(JSON.stringify(after)).toContain('[{"word":"word","one":1}]');
});

test("FLUSH is called by its name", async () => {
  expect(await answer("flush tables")).toContain("nobody flushes");
  expect(await answer("flush status", dba)).not.toContain("Error");
});

test("`status` of the mariadb client works", async () => {
  const { host, port, user, password } = stage.proxied.as("ann");
  const login = [`--host=${host}`, `--port=${port}`, `--user=${user}`, `--password=${password}`, "--skip-ssl"];
  const { stdout } = await promisify(execFile)("mariadb", [...login, "--execute=status", "shop"]);
  expect(stdout).toMatch(/Current database:\s+shop/);
  expect(stdout).toMatch(/Uptime:/);
});
