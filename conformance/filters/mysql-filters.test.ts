/** The same of filters in MariaDB's SQL, in sessions that could change what it means. */
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Relation } from "../../engine/src/catalog/catalog.ts";
import { filterConjuncts, planFilter } from "../../engine/src/filters/plan-filter.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { underHostileSession } from "../support/mariadb-sessions.ts";
import { createMysqlSample } from "./mysql-table.ts";
import { checkFilters, filterOf } from "./property.ts";
import type { SampleTable } from "./sample-column.ts";

let server: MariadbServer;
let connection: Connection;
let sample: SampleTable;
let unfit: Relation;
let needed: Relation;
beforeAll(async () => {
  vi.stubEnv("TZ", "America/St_Johns");
  server = await startMariadb();
  vi.unstubAllEnvs();
  connection = await server.connect();
  ({ sample, unfit, needed } = await createMysqlSample(connection));
});
afterAll(async () => {
  await connection?.end();
  await server?.stop();
});

test("SQL, JavaScript and plain Rego choose the same rows under every mode, and none makes a warning", async () => {
  const tally = await checkFilters(sample, { tables: 40 });
  expect(tally.compared).toBeGreaterThan(200);
  expect(tally.plain).toBeGreaterThan(50);
  expect(Math.min(tally.kept, tally.hidden)).toBeGreaterThan(1000);
});

test.each(["j", "t", "g", "a", "v"])("a column of a type that filters do not know refuses: %s", (name) => {
  expect(planFilter(filterOf(unfit, `r.${name} == "a"`)).kind).toBe("refused");
  expect(planFilter(filterOf(unfit, `r.${name} == null`)).kind).toBe("filter");
});

test("what cannot be NULL is not, even where the server says so: zero dates, and the last row that was inserted", async () => {
  await connection.query("insert into needed (d, v) values ('0000-00-00', 1)");
  const found = async (condition: string) => {
    const where = filterConjuncts(filterOf(needed, condition), "r").map(({ sql }) => sql);
    const query = `select r.id from test.needed as r where ${where.join(" and ")}`;
    return (await underHostileSession(connection, "sql_auto_is_null = 1", query)).length;
  };
  expect([await found("r.d == null"), await found("r.id == null"), await found("r.d != null")]).toEqual([0, 0, 1]);
});
