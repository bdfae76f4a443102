import { type BenchTarget, type Endpoint, endpointNames, withEndpoints } from "./endpoints.ts";
import { logPgbench, pgbench, type PgbenchRun, runPgbench } from "./run-pgbench.ts";
import { printSample, printTable, ratios, type Sample, sample } from "./statistics.ts";

interface PgbenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly clients: readonly number[];
  readonly modes: readonly string[];
}

interface Run extends PgbenchRun {
  /** Median of its transactions; measured with one client only, where nothing queues. */
  readonly latencyUs: number;
}

/** pgbench -S, direct and through what stands in between, in turns: a slow minute of the machine meets them all. */
export async function benchPgbench(target: BenchTarget, options: PgbenchOptions): Promise<void> {
  await withEndpoints(target, Object.values(endpointNames), async (endpoints) => {
    const [direct] = endpoints;
    if (direct !== undefined) await pgbench(direct, ["-i", "-q", "-s", "1"]);
    for (const mode of options.modes) {
      for (const clients of options.clients) await benchOne(endpoints, mode, clients, options);
    }
  });
}

async function benchOne(
  endpoints: readonly Endpoint[],
  mode: string,
  clients: number,
  { rounds, seconds }: PgbenchOptions,
): Promise<void> {
  const runs = new Map<string, Run[]>(endpoints.map(({ name }) => [name, []]));
  // The first round warms caches and is thrown away.
  for (let round = 0; round <= rounds; round++) {
    for (const endpoint of endpoints) {
      const run = await measure(endpoint, mode, clients, seconds);
      if (round > 0) runs.get(endpoint.name)?.push(run);
    }
  }
  const figures = (name: string, of: keyof Run): number[] => (runs.get(name) ?? []).map((run) => run[of]);
  const over = (name: string, of: keyof Run, base: string): Sample => ratios(figures(name, of), figures(base, of));
  const isAlone = clients === 1;
  console.log(`\npgbench -S -M ${mode} -c ${clients}, ${rounds} rounds of ${seconds} s in turns: median (min–max)`);
  printTable([
    [
      "",
      "transactions/s",
      "of relay",
      "of pgbouncer",
      "CPU µs/transaction",
      "of relay",
      ...(isAlone ? ["median latency µs", "over relay"] : []),
    ],
    ...endpoints.map(({ name, process }) => [
      name,
      printSample(sample(figures(name, "tps")), 0),
      printSample(over(name, "tps", endpointNames.relay), 2),
      runs.has(endpointNames.pgbouncer) ? printSample(over(name, "tps", endpointNames.pgbouncer), 2) : "–",
      process === undefined ? "–" : printSample(sample(figures(name, "cpuUs")), 1),
      process === undefined ? "–" : printSample(over(name, "cpuUs", endpointNames.relay), 2),
      ...(isAlone ? latencyCells(figures(name, "latencyUs"), figures(endpointNames.relay, "latencyUs")) : []),
    ]),
  ]);
}

async function measure(endpoint: Endpoint, mode: string, clients: number, seconds: number): Promise<Run> {
  const args = ["-n", "-S", "-M", mode, "-c", String(clients)];
  const timed = [...args, "-T", String(seconds)];
  if (clients === 1) {
    const { latenciesUs, ...run } = await logPgbench(endpoint, timed);
    return { ...run, latencyUs: sample(latenciesUs).median };
  }
  // Many logins are a good part of a short run, and none of a long one: a run of one transaction a client tells what they take.
  const logins = await runPgbench(endpoint, [...args, "-t", "1"]);
  const run = await runPgbench(endpoint, timed);
  const cpuUs = (run.cpuUs * run.transactions - logins.cpuUs * logins.transactions) / (run.transactions - clients);
  return { ...run, cpuUs, latencyUs: Number.NaN };
}

function latencyCells(latencies: readonly number[], relay: readonly number[]): string[] {
  const added = latencies.map((latency, round) => latency - (relay[round] ?? Number.NaN));
  return [printSample(sample(latencies), 0), printSample(sample(added), 0)];
}
