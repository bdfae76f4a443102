/**
 * A filter exists twice, as SQL and as a function over a row: here the real server says that both choose the same rows of every type, and
 * that no row makes the SQL raise an error.
 */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Relation } from "../../engine/src/catalog/catalog.ts";
import { startPostgres, type PostgresServer } from "../support/postgres-server.ts";
import { planFilter } from "../../engine/src/filters/plan-filter.ts";
import { checkFilters, filterOf } from "./property.ts";
import type { SampleTable } from "./sample-column.ts";
import { asText, createSample } from "./sample-table.ts";

let server: PostgresServer;
let client: Client;
let sample: SampleTable;
let unfit: Relation;
beforeAll(async () => {
  server = await startPostgres();
  client = new Client({ connectionString: await server.createDatabase("filters"), types: asText });
  await client.connect();
  ({ sample, unfit } = await createSample(client));
});
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

test("SQL, JavaScript and plain Rego choose the same rows", async () => {
  const tally = await checkFilters(sample, { tables: 40 });
  // The comparison must have met something: conditions of all kinds, and rows on both sides of them.
  expect(tally.compared).toBeGreaterThan(250);
  expect(tally.plain).toBeGreaterThan(50);
  expect(tally.leakproof).toBeGreaterThan(100);
  expect(Math.min(tally.kept, tally.hidden)).toBeGreaterThan(1000);
});

test.each(["r", "loose", "tags", "j", "span", "address", "pair"])(
  "a column of a type that filters do not know refuses: %s",
  (name) => {
    expect(planFilter(filterOf(unfit, `r.${name} == "a"`)).kind).toBe("refused");
    expect(planFilter(filterOf(unfit, `r.${name} == null`)).kind).toBe("filter");
  },
);
