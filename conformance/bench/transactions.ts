/** Short transactions through each endpoint in turns: throughput, processor time of what stands in between, and latency. */
import { type Endpoint, endpointNames } from "./endpoints.ts";
import { printSample, printTable, ratios, type Sample, sample } from "./statistics.ts";

/** One run of a load generator; what fails in it fails the benchmark. */
export interface LoadRun {
  readonly tps: number;
  readonly transactions: number;
  /** Of the process in between, for one transaction, logins included. */
  readonly cpuUs: number;
}

interface Run extends LoadRun {
  /** Median of its transactions; measured with one client only, where nothing queues. */
  readonly latencyUs: number;
}

/** A load generator on one endpoint. */
export interface Load {
  /** What is run, for people to read. */
  readonly title: string;
  readonly clients: number;
  /** One client for some seconds, with the median latency of its transactions. */
  readonly alone: (endpoint: Endpoint) => Promise<LoadRun & { readonly latencyUs: number }>;
  /** All clients for some seconds. */
  readonly timed: (endpoint: Endpoint) => Promise<LoadRun>;
  /** One transaction for each client. */
  readonly once: (endpoint: Endpoint) => Promise<LoadRun>;
}

/** A slow minute of the machine meets all endpoints. Prints a table. */
export async function benchTransactions(endpoints: readonly Endpoint[], load: Load, rounds: number): Promise<void> {
  const runs = new Map<string, Run[]>(endpoints.map(({ name }) => [name, []]));
  // The first round warms caches and is thrown away.
  for (let round = 0; round <= rounds; round++) {
    for (const endpoint of endpoints) {
      const run = await measure(endpoint, load);
      if (round > 0) runs.get(endpoint.name)?.push(run);
    }
  }
  const figures = (name: string, of: keyof Run): number[] => (runs.get(name) ?? []).map((run) => run[of]);
  const over = (name: string, of: keyof Run, base: string): Sample => ratios(figures(name, of), figures(base, of));
  const isAlone = load.clients === 1;
  const hasBouncer = runs.has(endpointNames.pgbouncer);
  console.log(`\n${load.title}, ${rounds} rounds in turns: median (min–max)`);
  printTable([
    [
      "",
      "transactions/s",
      "of relay",
      ...(hasBouncer ? ["of pgbouncer"] : []),
      "CPU µs/transaction",
      "of relay",
      ...(isAlone ? ["median latency µs", "over relay"] : []),
    ],
    ...endpoints.map(({ name, process }) => [
      name,
      printSample(sample(figures(name, "tps")), 0),
      printSample(over(name, "tps", endpointNames.relay), 2),
      ...(hasBouncer ? [printSample(over(name, "tps", endpointNames.pgbouncer), 2)] : []),
      process === undefined ? "–" : printSample(sample(figures(name, "cpuUs")), 1),
      process === undefined ? "–" : printSample(over(name, "cpuUs", endpointNames.relay), 2),
      ...(isAlone ? latencyCells(figures(name, "latencyUs"), figures(endpointNames.relay, "latencyUs")) : []),
    ]),
  ]);
}

async function measure(endpoint: Endpoint, load: Load): Promise<Run> {
  if (load.clients === 1) return load.alone(endpoint);
  // Many logins are a good part of a short run, and none of a long one: a run of one transaction a client tells what they take.
  const logins = await load.once(endpoint);
  const run = await load.timed(endpoint);
  const cpuUs = (run.cpuUs * run.transactions - logins.cpuUs * logins.transactions) / (run.transactions - load.clients);
  return { ...run, cpuUs, latencyUs: Number.NaN };
}

function latencyCells(latencies: readonly number[], relay: readonly number[]): string[] {
  const added = latencies.map((latency, round) => latency - (relay[round] ?? Number.NaN));
  return [printSample(sample(latencies), 0), printSample(sample(added), 0)];
}
