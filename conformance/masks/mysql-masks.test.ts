/**
 * The same of the masks' SQL for MySQL and MariaDB, asked of a real MariaDB in sessions that could change what it means: same value as the
 * JavaScript for every value of every type, no error and no warning.
 */
import * as fc from "fast-check";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Column } from "../../engine/src/catalog/catalog.ts";
import { applyMask, maskSql } from "../../engine/src/masks/masks.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { hostileSessions, underHostileSession, usePlainSession } from "../support/mariadb-sessions.ts";
import { masks, printed } from "./cases.ts";
import { exactly, quoted } from "../support/mysql-values.ts";
import { columnsOf, createMysqlSample, fillMysqlSample, mysqlRows } from "./mysql-columns.ts";

describe("a mask in JavaScript and the same mask in MariaDB's SQL", () => {
  let server: MariadbServer;
  let connection: Connection;
  let columns: readonly Column[];
  beforeAll(async () => {
    server = await startMariadb();
    connection = await server.connect();
    await usePlainSession(connection);
    columns = (await createMysqlSample(connection)).filter(({ name }) => name !== "position");
  });
  afterAll(async () => {
    await connection?.end();
    await server?.stop();
  });

  const reference = ({ name }: Column): string => `b.${quoted(name)}`;
  /** A `timestamp` is shown in the session's time zone, which is some hours and minutes from UTC. */
  const inUtc = (column: Column, expression: string): string =>
    column.type === "timestamp"
      ? `${expression} - interval timestampdiff(minute, utc_timestamp(), now()) minute`
      : exactly(column, expression);
  const valueOf = ({ type }: Column, text: string | null): string | number | null =>
    text === null || (type !== "float" && type !== "double") ? text : Number(text);

  test("agree on every value of every type under every mode, and never warn", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        mysqlRows,
        fc.shuffledSubarray([...hostileSessions], { minLength: 2, maxLength: 2 }),
        async (rows, sessions) => {
          await fillMysqlSample(connection, rows);
          const plain = columns.map((column, index) => `${exactly(column, reference(column))} as c${index}`);
          const raw = await underHostileSession(
            connection,
            "sql_mode = ''",
            `select ${plain.join(", ")} from sample as b order by position`,
          );
          for (const session of sessions) {
            for (const mask of masks) {
              const masked = columns.map((column, index) => {
                return `${inUtc(column, maskSql(mask, column, reference(column)))} as c${index}`;
              });
              const found = await underHostileSession(
                connection,
                session,
                `select ${masked.join(", ")} from sample as b order by position`,
              );
              expect(found).toHaveLength(rows.length);
              found.forEach((row, index) => {
                columns.forEach((column, place) => {
                  const given = raw[index]?.[`c${place}`] ?? null;
                  const expected = valueOf(column, applyMask(mask, column, given));
                  const about = `${printed(mask)} of ${column.name} ${JSON.stringify(given)} under ${session}`;
                  const value = valueOf(column, row[`c${place}`] ?? null);
                  if (value !== expected) throw new Error(`${about}: ${value}, not ${expected}`);
                  compared++;
                });
              });
            }
          }
        },
      ),
      { numRuns: 3, endOnFailure: true },
    );
    expect(compared).toBeGreaterThan(300_000);
  });

  test.each([
    ["null", []],
    ["constant", [5n]],
    ["constant", ["2024-02-29"]],
    ["redact", []],
    ["partial", [1n, 1n]],
    ["email", []],
    ["round", [10n]],
    ["truncate", ["month"]],
  ] as const)(
    "a copy of what %s gives has the column's type, as far as MariaDB has expressions of it",
    async (name, args) => {
      const mask = { name, args };
      await fillMysqlSample(connection, fc.sample(mysqlRows, 1)[0] ?? []);
      // Truncated dates are not refused in strict mode, in which a copy fails where a warning would be given.
      const outputs = columns.map((column) => `${maskSql(mask, column, reference(column))} as ${quoted(column.name)}`);
      await underHostileSession(
        connection,
        "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'",
        `create or replace table copied as select ${outputs.join(", ")} from sample as b`,
      );
      const copied = await columnsOf(connection, "copied");
      const described = ({ name: column, type, typeSql, collation }: Column) => [
        column,
        ...typeOfCopies(type, typeSql),
        collation ?? "",
      ];
      expect(copied.map(described)).toEqual(columns.map(described));
    },
  );

  test.each([
    ["redact", ["gel\u00f6scht"], "latin", "gel\u00f6scht"],
    ["redact", ["gel\u00f6scht"], "shift_jis", null],
    ["redact", ["\u{1f512}"], "basic", null],
    ["redact", ["\u{1f512}"], "wide", "\u{1f512}"],
    ["constant", [true], "flag", "1"],
    ["constant", [true], "tinyint", null],
    ["constant", [-1n], "int_unsigned", null],
    ["constant", [-1n], "decimal_unsigned", null],
    ["bucket", [10n], "year", null],
  ] as const)("%s(%o) of a column `%s` is %s", (name, args, column, expected) => {
    const found = columns.find((one) => one.name === column);
    if (found === undefined) throw new Error(`no column ${column}`);
    expect(applyMask({ name, args }, found, "1")).toBe(expected);
  });
});

/** Masks make integers of the widest type, texts without a width of the widest, and of a `timestamp` what shows the same. */
function typeOfCopies(type: string, typeSql: string): readonly string[] {
  switch (type) {
    case "tinyint":
    case "smallint":
    case "mediumint":
    case "int":
    case "bigint":
      return ["integer", String(typeSql.includes("unsigned"))];
    case "tinytext":
    case "text":
    case "mediumtext":
    case "longtext":
      return ["text"];
    case "char":
      return [typeSql.replace("char", "varchar")];
    case "binary":
      return [typeSql.replace("binary", "varbinary")];
    case "enum":
      return ["varchar(4)"];
    case "set":
      return ["varchar(5)"];
    case "decimal":
      return [typeSql.replace(" unsigned", "")];
    default:
      return [typeSql.replace("timestamp", "datetime")];
  }
}
