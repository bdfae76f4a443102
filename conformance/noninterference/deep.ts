/**
 * `npm run conformance:deep`: the property of noninterference.test.ts over as many statements as there is time for.
 * PENSTOCK_RUNS statements for each principal (20,000), PENSTOCK_SEED to repeat a run. Ends with 1 when the property fails.
 */
import { startPostgres } from "../support/postgres-server.ts";
import { check, openLaboratory, type Report, subjects } from "./property.ts";
import { twinServerSettings } from "./twin-databases.ts";

const runs = Number(process.env["PENSTOCK_RUNS"] ?? 20_000);
const seed = Number(process.env["PENSTOCK_SEED"] ?? Date.now() % 2 ** 31);
const timeLimitMs = 6 * 60 * 60 * 1000;

console.log(`${runs} statements for each principal, seed ${seed}`);
const server = await startPostgres({ settings: twinServerSettings });
try {
  for (const name of ["analyst", "strict", "regional", "agent"] as const) {
    const laboratory = await openLaboratory(server, `shop_of_${name}`, subjects[name]);
    const started = performance.now();
    const report = await check(laboratory, { runs, seed, timeLimitMs });
    await laboratory.stop();
    console.log(`${name}: ${summary(report, performance.now() - started)}`);
    if (report.failure !== undefined) {
      console.log(report.failure);
      process.exitCode = 1;
    }
  }
} finally {
  await server.stop();
}

function summary({ scripts, outcomes }: Report, durationMs: number): string {
  const share = (count: number) => `${((100 * count) / scripts).toFixed(1)} %`;
  const allowed = scripts - outcomes.denied;
  return (
    `${scripts} statements in ${(durationMs / 1000).toFixed(0)} s: allowed ${share(allowed)}, ` +
    `ran without error ${share(outcomes.ran)}, denied ${share(outcomes.denied)}, error ${share(outcomes.failed)}, timed out ${share(outcomes["timed out"])}`
  );
}
