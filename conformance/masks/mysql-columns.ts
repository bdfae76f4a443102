import * as fc from "fast-check";
import type { Connection } from "mysql2/promise";
import type { Column } from "../../engine/src/catalog/catalog.ts";
import { loadMysqlCatalog } from "../../engine/src/catalog/load-mysql.ts";
import {
  basic,
  clocks,
  cut,
  dates,
  decimals,
  doubles,
  integers,
  latin,
  quoted,
  singles,
  times,
  timestamps,
} from "../support/mysql-values.ts";
import { textRows } from "../support/text-rows.ts";
import { texts } from "./cases.ts";

/** A column of every type that masks treat in a way of its own, with values as the server reads them. */
interface TypedValues {
  readonly type: string;
  readonly values: fc.Arbitrary<string>;
}

const cutTexts = (length: number): fc.Arbitrary<string> => texts.map((text) => cut(text, length));

const mysqlColumns: Readonly<Record<string, TypedValues>> = {
  char8: { type: "char(8)", values: cutTexts(8) },
  varchar9: { type: "varchar(9)", values: cutTexts(9) },
  varchar400: { type: "varchar(400)", values: cutTexts(400) },
  tinytext: { type: "tinytext", values: cutTexts(60) },
  text: { type: "text", values: texts },
  mediumtext: { type: "mediumtext", values: texts },
  longtext: { type: "longtext", values: texts },
  binary_collation: { type: "varchar(40) collate utf8mb4_bin", values: cutTexts(40) },
  no_pad: { type: "varchar(40) collate utf8mb4_unicode_520_nopad_ci", values: cutTexts(40) },
  basic: { type: "varchar(40) character set utf8mb3", values: cutTexts(40).map(basic) },
  latin: { type: "varchar(40) character set latin1 collate latin1_german2_ci", values: cutTexts(40).map(latin) },
  wide: { type: "varchar(40) character set utf16", values: cutTexts(40) },
  wide_basic: { type: "varchar(40) character set ucs2", values: cutTexts(40).map(basic) },
  shift_jis: { type: "char(12) character set sjis", values: fc.constantFrom("a@b.jp", "\u3042\u3044", "ab", "", "x") },
  tinyint: { type: "tinyint", values: integers(-128n, 127n) },
  flag: { type: "tinyint(1)", values: fc.constantFrom("0", "1", "2", "-1") },
  smallint: { type: "smallint", values: integers(-32_768n, 32_767n) },
  mediumint: { type: "mediumint unsigned", values: integers(0n, 16_777_215n) },
  int: { type: "int", values: integers(-(2n ** 31n), 2n ** 31n - 1n) },
  int_unsigned: { type: "int unsigned zerofill", values: integers(0n, 2n ** 32n - 1n) },
  bigint: { type: "bigint", values: integers(-(2n ** 63n), 2n ** 63n - 1n) },
  bigint_unsigned: { type: "bigint unsigned", values: integers(0n, 2n ** 64n - 1n) },
  decimal: { type: "decimal(7,2)", values: decimals(5, 2) },
  decimal_whole: { type: "decimal(20,0)", values: decimals(20, 0) },
  decimal_unsigned: { type: "decimal(6,3) unsigned", values: decimals(3, 3).map((text) => text.replace("-", "")) },
  decimal_widest: { type: "decimal(65,30)", values: decimals(35, 30) },
  float: { type: "float", values: singles },
  double: { type: "double", values: doubles },
  bit1: { type: "bit(1)", values: fc.constantFrom("0", "1") },
  bit5: { type: "bit(5)", values: integers(0n, 31n) },
  date: { type: "date", values: dates },
  datetime: { type: "datetime", values: times(0) },
  datetime3: { type: "datetime(3)", values: times(3) },
  timestamp: { type: "timestamp null", values: timestamps(0) },
  timestamp6: { type: "timestamp(6) null", values: timestamps(6) },
  time: { type: "time", values: clocks(0) },
  year: { type: "year", values: fc.constantFrom("0", "1901", "1999", "2000", "2155") },
  binary: { type: "binary(4)", values: fc.constantFrom("a", "abcd", "") },
  blob: { type: "blob", values: cutTexts(20) },
  enum: { type: "enum('low','high','\u00e9')", values: fc.constantFrom("low", "high", "\u00e9") },
  set: { type: "set('a','b','c')", values: fc.constantFrom("", "a", "b,c", "a,b,c") },
  json: { type: "json", values: fc.constantFrom("{}", "[1]", '"x"') },
  uuid: { type: "uuid", values: fc.uuid() },
  inet6: { type: "inet6", values: fc.constantFrom("::1", "2001:db8::ff00:42:8329") },
  needed: { type: "varchar(12) not null", values: cutTexts(12) },
  "odd `name": { type: "varchar(12)", values: cutTexts(12) },
};

/** Creates `sample` in the session's database, and tells its columns as a catalog does. */
export async function createMysqlSample(connection: Connection): Promise<readonly Column[]> {
  const definitions = Object.entries(mysqlColumns).map(([name, { type }]) => `${quoted(name)} ${type}`);
  await connection.query(
    `create table sample (position int primary key, ${definitions.join(", ")}) engine = myisam default charset utf8mb4`,
  );
  return columnsOf(connection, "sample");
}

export async function columnsOf(connection: Connection, table: string): Promise<readonly Column[]> {
  const { relations } = await loadMysqlCatalog(textRows(connection));
  return relations.get(`test.${table}`)?.columns ?? [];
}

export type MysqlRow = Readonly<Record<string, string | null>>;

export const mysqlRows: fc.Arbitrary<readonly MysqlRow[]> = fc.array(
  fc.record(
    Object.fromEntries(
      Object.entries(mysqlColumns).map(([name, { type, values }]) => [
        name,
        type.endsWith("not null") ? values : fc.option(values, { freq: 10 }),
      ]),
    ),
  ),
  { minLength: 60, maxLength: 60 },
);

/** In a session that stores every value. */
export async function fillMysqlSample(connection: Connection, rows: readonly MysqlRow[]): Promise<void> {
  const names = Object.keys(mysqlColumns);
  const paths = names.map((_, index) => `c${index} longtext character set utf8mb4 path '$[${index}]'`);
  const given = names.map((name, index) =>
    // A text is stored in a `bit` by its bytes.
    /^(bit|year)/.test(mysqlColumns[name]?.type ?? "") ? `j.c${index} + 0` : `j.c${index}`,
  );
  await connection.query("truncate table sample");
  await connection.execute(
    `insert into sample (position, ${names.map(quoted).join(", ")}) select j.position, ${given.join(", ")}
      from json_table(?, '$[*]' columns (position for ordinality, ${paths.join(", ")})) as j`,
    [JSON.stringify(rows.map((row) => names.map((name) => row[name] ?? null)))],
  );
}
