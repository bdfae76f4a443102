import { availableParallelism } from "node:os";
import { Installation, password } from "../operation/proxy-process.ts";
import type { BenchTarget, Endpoint } from "./endpoints.ts";
import type { LoadOptions } from "./pgbench.ts";
import { pgbench, runPgbench } from "./run-pgbench.ts";
import { printSample, printTable, ratios, sample } from "./statistics.ts";

/** What worker processes bring: throughput of `policy-proxy serve` with as many as there are cores, beside one process. */
export async function benchWorkers({ server }: BenchTarget, options: LoadOptions): Promise<void> {
  const direct = {
    name: "direct",
    port: server.port,
    user: server.user,
    password: server.password,
    database: "postgres",
  };
  await pgbench(direct, ["-i", "-q", "-s", "1"]);
  const started: { installation: Installation; stop: () => Promise<unknown>; endpoint: Endpoint }[] = [];
  for (const workers of [1, availableParallelism()]) {
    const installation = new Installation(server);
    installation.write("penstock.yaml", `${installation.config()}workers: ${workers}\n`);
    const proxy = await installation.start();
    const name = workers === 1 ? "one process" : `${workers} workers`;
    const login = { port: proxy.port, user: "ana", password, database: "shop" };
    started.push({ installation, stop: () => proxy.stop(), endpoint: { name, ...login, process: undefined } });
  }
  try {
    for (const mode of options.modes)
      for (const clients of options.clients) {
        const args = ["-n", "-S", "-M", mode, "-c", String(clients), "-T", String(options.seconds)];
        await compare(
          started.map(({ endpoint }) => endpoint),
          args,
          options.rounds,
        );
      }
  } finally {
    for (const { installation, stop } of started) {
      await stop();
      installation.remove();
    }
  }
}

async function compare(endpoints: readonly Endpoint[], args: readonly string[], rounds: number): Promise<void> {
  const tps = new Map<string, number[]>(endpoints.map(({ name }) => [name, []]));
  for (const endpoint of endpoints) await runPgbench(endpoint, args);
  for (let round = 0; round < rounds; round++)
    for (const endpoint of endpoints) tps.get(endpoint.name)?.push((await runPgbench(endpoint, args)).tps);
  const [one = []] = tps.values();
  console.log(`\npgbench ${args.join(" ")}, ${rounds} rounds in turns: median (min–max)`);
  printTable([
    ["", "transactions/s", "of one process"],
    ...[...tps].map(([name, own]) => [name, printSample(sample(own), 0), printSample(ratios(own, one), 2)]),
  ]);
}
