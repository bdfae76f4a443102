import { type BenchTarget, endpointNames, withEndpoints } from "./endpoints.ts";
import { logPgbench, pgbench, runPgbench } from "./run-pgbench.ts";
import { sample } from "./statistics.ts";
import { benchTransactions, type Load } from "./transactions.ts";

export interface LoadOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly clients: readonly number[];
  readonly modes: readonly string[];
}

export const pgbenchModes: ReadonlySet<string> = new Set(["simple", "extended", "prepared"]);

const besides = Object.values(endpointNames).filter((name) => name !== endpointNames.unrecorded);

/** pgbench -S, direct and through what stands in between. */
export async function benchPgbench(target: BenchTarget, options: LoadOptions): Promise<void> {
  await withEndpoints(target, besides, async (endpoints) => {
    const [direct] = endpoints;
    if (direct !== undefined) await pgbench(direct, ["-i", "-q", "-s", "1"]);
    for (const mode of options.modes) {
      for (const clients of options.clients) {
        await benchTransactions(endpoints, loadOf(mode, clients, options.seconds), options.rounds);
      }
    }
  });
}

function loadOf(mode: string, clients: number, seconds: number): Load {
  const args = ["-n", "-S", "-M", mode, "-c", String(clients)];
  const timed = [...args, "-T", String(seconds)];
  return {
    title: `pgbench -S -M ${mode} -c ${clients} of ${seconds} s`,
    clients,
    alone: async (endpoint) => {
      const { latenciesUs, ...run } = await logPgbench(endpoint, timed);
      return { ...run, latencyUs: sample(latenciesUs).median };
    },
    timed: (endpoint) => runPgbench(endpoint, timed),
    once: (endpoint) => runPgbench(endpoint, [...args, "-t", "1"]),
  };
}
