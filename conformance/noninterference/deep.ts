/**
 * `npm run conformance:deep`: the properties of noninterference.test.ts and mysql/mysql.test.ts over as many statements as there is time for.
 * PENSTOCK_RUNS statements for each principal (20,000), PENSTOCK_SEED to repeat a run, PENSTOCK_ENGINE for one server (`postgres`, `mariadb`).
 * Ends with 1 when a property fails.
 */
import { startMariadb } from "../support/mariadb-server.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { check, type Counted, summary, type Tried } from "./check.ts";
import { openLaboratory as openMariadb, subjects as mariadbSubjects } from "./mysql/laboratory.ts";
import { twinServerOptions } from "./mysql/twin-shops.ts";
import { openLaboratory, subjects } from "./property.ts";
import { twinServerSettings } from "./twin-databases.ts";

const runs = Number(process.env["PENSTOCK_RUNS"] ?? 20_000);
const seed = Number(process.env["PENSTOCK_SEED"] ?? Date.now() % 2 ** 31);
const only = process.env["PENSTOCK_ENGINE"];
const timeLimitMs = 6 * 60 * 60 * 1000;

console.log(`${runs} statements for each principal, seed ${seed}`);
if (only !== "mariadb") await onPostgres();
if (only !== "postgres") await onMariadb();

async function onPostgres(): Promise<void> {
  const server = await startPostgres({ settings: twinServerSettings });
  try {
    for (const name of ["analyst", "strict", "regional", "agent"] as const) {
      await measure(name, await openLaboratory(server, `shop_of_${name}`, subjects[name]));
    }
  } finally {
    await server.stop();
  }
}

async function onMariadb(): Promise<void> {
  const server = await startMariadb(twinServerOptions);
  try {
    for (const [name, prefix] of [
      ["analyst", "ship"],
      ["regional", "shop"],
    ] as const) {
      await measure(`${name} on MariaDB`, await openMariadb(server, prefix, mariadbSubjects[name]));
    }
  } finally {
    await server.stop();
  }
}

async function measure<Script extends { readonly counts: Counted }>(
  name: string,
  laboratory: Tried<Script> & { readonly stop: () => Promise<void> },
): Promise<void> {
  const started = performance.now();
  const report = await check(laboratory, { runs, seed, timeLimitMs });
  await laboratory.stop();
  console.log(`${name}: ${summary(report, performance.now() - started)}`);
  if (report.failure === undefined) return;
  console.log(report.failure);
  process.exitCode = 1;
}
