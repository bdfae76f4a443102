import { type BenchTarget, endpointNames, withEndpoints } from "./endpoints.ts";
import type { LoadOptions } from "./pgbench.ts";
import { logPgbench, pgbench, runPgbench } from "./run-pgbench.ts";
import { printSample, printTable, ratios, sample } from "./statistics.ts";

const { direct, unrecorded, penstock, strict } = endpointNames;

interface Run {
  readonly tps: number;
  readonly medianUs: number;
  readonly p99Us: number;
}

/** What the audit log costs beside a proxy that writes none: throughput, and the time of the slowest hundredth of the statements. */
export async function benchStrict(target: BenchTarget, options: LoadOptions): Promise<void> {
  await withEndpoints(target, [direct, unrecorded, penstock, strict], async ([server, ...endpoints]) => {
    if (server !== undefined) await pgbench(server, ["-i", "-q", "-s", "1"]);
    for (const mode of options.modes) {
      for (const clients of options.clients) {
        const args = ["-n", "-S", "-M", mode, "-c", String(clients), "-T", String(options.seconds)];
        const runs = new Map<string, Run[]>(endpoints.map(({ name }) => [name, []]));
        for (const endpoint of endpoints) await runPgbench(endpoint, args);
        for (let round = 0; round < options.rounds; round++) {
          for (const endpoint of endpoints) {
            const { tps, latenciesUs } = await logPgbench(endpoint, args);
            const sorted = latenciesUs.toSorted((one, other) => one - other);
            const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
            runs.get(endpoint.name)?.push({ tps, medianUs: at(0.5), p99Us: at(0.99) });
          }
        }
        console.log(`\npgbench ${args.join(" ")}, ${options.rounds} rounds in turns: median (min–max)`);
        print(runs);
      }
    }
  });
}

function print(runs: ReadonlyMap<string, readonly Run[]>): void {
  const figures = (name: string, of: keyof Run): number[] => (runs.get(name) ?? []).map((run) => run[of]);
  const over = (name: string, of: keyof Run): string =>
    printSample(ratios(figures(name, of), figures(unrecorded, of)), 2);
  printTable([
    ["", "transactions/s", "of no audit", "median µs", "p99 µs", "of no audit"],
    ...[...runs.keys()].map((name) => [
      name,
      printSample(sample(figures(name, "tps")), 0),
      over(name, "tps"),
      printSample(sample(figures(name, "medianUs")), 0),
      printSample(sample(figures(name, "p99Us")), 0),
      over(name, "p99Us"),
    ]),
  ]);
}
