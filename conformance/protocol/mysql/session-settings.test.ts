/** Settings of a session that change how the server answers the proxy's own questions: what the proxy knows of the session is right all the same. */
import type { RowDataPacket } from "mysql2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";

const setup = `
  create table customers (id int primary key, email varchar(40));
  insert into customers values (1, 'hidden-1@x');
`;

const policy = `package test
mask shop.customers.email with redact()
mask column with redact() if column.name == "secret"
`;

let stage: MysqlStage;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy });
});
afterAll(() => stage.stop());

/** What a temporary table `noted` holds after statements under a setting. */
async function noted(setting: string, ...statements: readonly string[]): Promise<string> {
  const client = await stage.enter("ann");
  try {
    await client.query("create temporary table noted (word varchar(40))");
    for (const sql of [`set ${setting}`, ...statements]) await client.query(sql);
    await client.query("set sql_select_limit = default, character_set_results = utf8mb4, sql_mode = default");
    const [rows] = await client.query<RowDataPacket[]>("select word from shop.noted");
    return JSON.stringify(rows.map(({ word }) => String(word)));
  } finally {
    await client.end();
  }
}

describe.each([
  "sql_select_limit = 0",
  "sql_select_limit = 1",
  "character_set_results = utf16",
  "character_set_results = ucs2, sql_select_limit = 0",
  "character_set_results = utf16le",
  "character_set_results = utf32",
  "character_set_results = swe7",
  "max_sort_length = 4, group_concat_max_len = 4",
])("under %s", (setting) => {
  test("a mode that makes names of double quotes is known", async () => {
    // Without the mode it is one string up to the end.
    const sql =
      'insert into shop.noted (word) select "\\" from (select 1 as `\\`) x union select email from shop.customers -- "';
    expect(await noted(setting, "set sql_mode = 'ANSI_QUOTES'", sql)).toBe('["1","***"]');
  });

  test("so is the database", async () => {
    expect(await noted(setting, "insert into noted select email from customers")).toBe('["***"]');
  });

  test("and so are all columns of a temporary table", async () => {
    const made = [
      "create temporary table customers (a int, email varchar(20), c int)",
      "insert into customers (a, email, c) values (2, 'mine', 3)",
      "insert into noted select email from customers where c = 3",
    ];
    expect(await noted(setting, ...made)).toBe('["mine"]');
    const masked = [
      "create temporary table t as select 1 as a, 'mine' as secret",
      "insert into noted select secret from t",
    ];
    expect(await noted(setting, ...masked)).toBe('["***"]');
  });
});
