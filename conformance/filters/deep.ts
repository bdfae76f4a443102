/**
 * `npm run conformance:deep`: the property of the tests beside this over as many tables as there is time for, in PostgreSQL and in MariaDB.
 * PENSTOCK_FILTER_TABLES tables of ten conditions each (2,000), PENSTOCK_SEED to repeat a run. Ends with 1 when the property fails.
 */
import { Client } from "pg";
import { startMariadb } from "../support/mariadb-server.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { createMysqlSample } from "./mysql-table.ts";
import { checkFilters } from "./property.ts";
import type { SampleTable } from "./sample-column.ts";
import { asText, createSample } from "./sample-table.ts";

const tables = Number(process.env["PENSTOCK_FILTER_TABLES"] ?? 2_000);
const seed = Number(process.env["PENSTOCK_SEED"] ?? Date.now() % 2 ** 31);
console.log(`filters: ${tables} tables, seed ${seed}`);
await onPostgres();
await onMariadb();

async function onPostgres(): Promise<void> {
  const server = await startPostgres();
  const client = new Client({ connectionString: await server.createDatabase("filters"), types: asText });
  try {
    await client.connect();
    await check("PostgreSQL", (await createSample(client)).sample);
  } finally {
    await client.end();
    await server.stop();
  }
}

async function onMariadb(): Promise<void> {
  process.env["TZ"] = "America/St_Johns";
  const server = await startMariadb();
  try {
    const connection = await server.connect();
    await check("MariaDB", (await createMysqlSample(connection)).sample);
    await connection.end();
  } finally {
    await server.stop();
  }
}

async function check(where: string, sample: SampleTable): Promise<void> {
  try {
    const started = performance.now();
    const tally = await checkFilters(sample, { tables, seed });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(
      `filters in ${where}: ${tally.compared} compared in ${seconds} s (${tally.plain} with plain Rego, ${tally.leakproof} leakproof conjuncts), ${tally.refused} refused; ${tally.kept} rows kept, ${tally.hidden} hidden`,
    );
  } catch (error) {
    console.log(`filters in ${where}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
