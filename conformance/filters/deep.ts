/**
 * `npm run conformance:deep`: the property of filters.test.ts over as many tables as there is time for. PENSTOCK_FILTER_TABLES tables of ten
 * conditions each (2,000), PENSTOCK_SEED to repeat a run. Ends with 1 when the property fails.
 */
import { Client } from "pg";
import { startPostgres } from "../support/postgres-server.ts";
import { checkFilters } from "./property.ts";
import { asText, createSample } from "./sample-table.ts";

const tables = Number(process.env["PENSTOCK_FILTER_TABLES"] ?? 2_000);
const seed = Number(process.env["PENSTOCK_SEED"] ?? Date.now() % 2 ** 31);
console.log(`filters: ${tables} tables, seed ${seed}`);
const server = await startPostgres();
const client = new Client({ connectionString: await server.createDatabase("filters"), types: asText });
try {
  await client.connect();
  const started = performance.now();
  const tally = await checkFilters(client, (await createSample(client)).sample, { tables, seed });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `filters: ${tally.compared} compared in ${seconds} s (${tally.plain} with plain Rego, ${tally.leakproof} leakproof conjuncts), ${tally.refused} refused; ${tally.kept} rows kept, ${tally.hidden} hidden`,
  );
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await client.end();
  await server.stop();
}
