import * as fc from "fast-check";
import type { Connection } from "mysql2/promise";
import type { Relation } from "../../engine/src/catalog/catalog.ts";
import { loadMysqlCatalog } from "../../engine/src/catalog/load-mysql.ts";
import { hostileSessions, underHostileSession, usePlainSession } from "../support/mariadb-sessions.ts";
import {
  basic,
  cut,
  dates,
  decimals,
  doubles,
  exactly,
  integers,
  latin,
  quoted,
  singles,
  times,
  timestamps,
} from "../support/mysql-values.ts";
import { textRows } from "../support/text-rows.ts";
import { type SampleColumn, type SampleRow, type SampleTable, texts } from "./sample-column.ts";

const column = (
  name: string,
  type: string,
  family: SampleColumn["family"],
  values: fc.Arbitrary<string>,
): SampleColumn => ({ name, type, family, values });

const cutTexts = (length: number): fc.Arbitrary<string> => texts.map((text) => cut(text, length));
/** Near zero, where conditions look, and at the ends. */
const wholes = (min: bigint, max: bigint): fc.Arbitrary<string> =>
  fc.oneof(fc.integer({ min: min < 0n ? -6 : 0, max: 9 }).map(String), integers(min, max));

/** Two of most types, so that columns can be compared with each other. */
const columns: readonly SampleColumn[] = [
  column("t1", "text", "text", texts),
  column("t2", "varchar(40) collate utf8mb4_bin", "text", cutTexts(40)),
  column("loose", "varchar(40) collate utf8mb4_unicode_520_ci", "text", cutTexts(40)),
  column("no_pad", "varchar(40) collate utf8mb4_nopad_bin", "text", cutTexts(40)),
  column("padded", "char(6)", "text", cutTexts(6)),
  column("padded_latin", "char(6) character set latin1", "text", cutTexts(6).map(latin)),
  column("latin", "varchar(20) character set latin1 collate latin1_german2_ci", "text", cutTexts(20).map(latin)),
  column("basic", "varchar(20) character set utf8mb3", "text", cutTexts(20).map(basic)),
  column("wide", "varchar(20) character set utf16", "text", cutTexts(20)),
  column("odd `name", "varchar(20)", "text", cutTexts(20)),
  column("i1", "tinyint", "integer", wholes(-128n, 127n)),
  column("i2", "smallint", "integer", wholes(-32_768n, 32_767n)),
  column("i4", "int unsigned", "integer", wholes(0n, 2n ** 32n - 1n)),
  column("i8", "bigint", "integer", wholes(-(2n ** 63n), 2n ** 63n - 1n)),
  column("u8", "bigint unsigned", "integer", wholes(0n, 2n ** 64n - 1n)),
  column("bits", "bit(5)", "integer", integers(0n, 31n)),
  column("y", "year", "integer", fc.constantFrom("0", "1901", "1970", "1999", "2000", "2155")),
  column("n2", "decimal(9,2)", "numeric", decimals(7, 2)),
  column("whole", "decimal(20,0)", "numeric", decimals(20, 0)),
  column(
    "n30",
    "decimal(65,30)",
    "numeric",
    fc.oneof(fc.constantFrom("0.1", "0.3", "2.5", "-2.5", "42"), decimals(35, 30)),
  ),
  column("f4", "float", "float", fc.oneof(fc.constantFrom("0.1", "2.5", "42"), singles)),
  column("f8", "double", "float", fc.oneof(fc.constantFrom("0.1", "2.5", "42"), doubles)),
  column("flag", "tinyint(1)", "boolean", fc.constantFrom("0", "1", "1", "2", "-1")),
  column("b1", "bit(1)", "boolean", fc.constantFrom("0", "1")),
  column("d1", "date", "date", fc.oneof(fc.constantFrom("1969-12-31", "1970-01-01", "2024-02-29"), dates)),
  column("d2", "date", "date", dates),
  column(
    "dt",
    "datetime",
    "timestamp",
    fc.oneof(fc.constantFrom("1970-01-01 00:00:00", "2024-02-29 12:00:00"), times(0)),
  ),
  column("dt6", "datetime(6)", "timestamp", times(6)),
  column("ts", "timestamp null", "timestamptz", timestamps(0)),
  column("ts6", "timestamp(6) null", "timestamptz", timestamps(6)),
  column("u1", "uuid", "uuid", fc.oneof(fc.constantFrom("00000000-0000-0000-0000-00000000000a"), fc.uuid())),
  column("u2", "uuid", "uuid", fc.uuid()),
  column("e", "enum('low','high','Mid''s','\u00e9')", "enum", fc.constantFrom("low", "high", "Mid's", "\u00e9")),
  column("s", "set('low','high')", "enum", fc.constantFrom("", "low", "low,high")),
];

/** Functions of names that filters call: the session's database has them, and a call must never mean them. */
const lookalikes = ["left", "locate", "rtrim", "replace", "char_length", "unix_timestamp", "mod", "length"].map(
  (name) => `create function ${quoted(name)} (a text) returns text deterministic return 'caught'`,
);

/** Creates the tables in the session's database, which is `test`: `unfit` has types that filters refuse. */
export async function createMysqlSample(
  connection: Connection,
): Promise<{ readonly sample: SampleTable; readonly unfit: Relation; readonly needed: Relation }> {
  await usePlainSession(connection);
  const definitions = columns.map(({ name, type }) => `${quoted(name)} ${type}`).join(", ");
  await connection.query(
    `create table sample (id int primary key, ${definitions}, key (loose), key (latin)) default charset utf8mb4`,
  );
  await connection.query("create table unfit (id int, j blob, t time, g geometry, a inet6, v varbinary(4))");
  await connection.query("create table needed (id int primary key auto_increment, d date not null, v int)");
  for (const lookalike of lookalikes) await connection.query(lookalike);
  const { relations } = await loadMysqlCatalog(textRows(connection));
  const [relation, unfit, needed] = ["sample", "unfit", "needed"].map((name) => relations.get(`test.${name}`));
  if (relation === undefined || unfit === undefined || needed === undefined) {
    throw new Error("the catalog lacks a table that was just created");
  }
  let asked = 0;
  const sample: SampleTable = {
    relation,
    columns,
    fill: async (rows) => {
      await fill(connection, rows);
      const outputs = relation.columns.map((one) => `${exactly(one, `r.${quoted(one.name)}`)} as ${quoted(one.name)}`);
      return underHostileSession(
        connection,
        "sql_mode = ''",
        `select ${outputs.join(", ")} from sample as r order by id`,
      );
    },
    choose: async (where) => {
      const session = hostileSessions[asked++ % hostileSessions.length] ?? "sql_mode = ''";
      const chosen = await underHostileSession(
        connection,
        // One that has two hours of the same name in autumn.
        `${session}, time_zone = SYSTEM`,
        `select r.id from test.sample as r where ${where} order by r.id`,
      );
      return chosen.map(({ id }) => id ?? "");
    },
    // No condition of theirs warns, which is all that the server could tell.
    expectLeakproof: () => Promise.resolve(),
  };
  return { sample, unfit, needed };
}

async function fill(connection: Connection, rows: readonly SampleRow[]): Promise<void> {
  const paths = columns.map((_, index) => `c${index} longtext character set utf8mb4 path '$[${index}]'`);
  // A text is stored in a `bit` by its bytes.
  const given = columns.map(({ type }, index) => (/^(bit|year)/.test(type) ? `j.c${index} + 0` : `j.c${index}`));
  await connection.query("delete from sample");
  await connection.execute(
    `insert into sample (id, ${columns.map(({ name }) => quoted(name)).join(", ")}) select j.id, ${given.join(", ")}
      from json_table(?, '$[*]' columns (id for ordinality, ${paths.join(", ")})) as j`,
    [JSON.stringify(rows.map((row) => columns.map(({ name }) => row[name] ?? null)))],
  );
}
