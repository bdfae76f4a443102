import { type BenchTarget, endpointNames, type ServerLogin, withEndpoints } from "./endpoints.ts";
import type { LoadOptions } from "./pgbench.ts";
import { hasSysbench, runSysbench, sysbench } from "./run-sysbench.ts";
import { benchTransactions, type Load } from "./transactions.ts";

/** What sysbench calls sending texts, and preparing once and executing. */
const psModes: Readonly<Record<string, string>> = { text: "disable", prepared: "auto" };
const table = ["--tables=1", "--table-size=10000"];

/** sysbench's point selects, direct and through what stands in between. */
export async function benchSysbench(target: BenchTarget<ServerLogin>, options: LoadOptions): Promise<void> {
  if (!(await hasSysbench())) {
    console.log("sysbench is not installed: left out");
    return;
  }
  const { direct, relay, penstock, strict } = endpointNames;
  await withEndpoints(target, [direct, relay, penstock, strict], async (endpoints) => {
    const [server] = endpoints;
    if (server !== undefined) await sysbench(server, [...table, "prepare"]);
    for (const mode of options.modes.filter((each) => each in psModes)) {
      for (const clients of options.clients) {
        await benchTransactions(endpoints, loadOf(mode, clients, options.seconds), options.rounds);
      }
    }
  });
}

function loadOf(mode: string, clients: number, seconds: number): Load {
  const args = [...table, `--db-ps-mode=${psModes[mode]}`, `--threads=${clients}`];
  const timed = [...args, `--time=${seconds}`, "--events=0"];
  return {
    title: `sysbench oltp_point_select, ${mode}, ${clients} threads for ${seconds} s`,
    clients,
    alone: (endpoint) => runSysbench(endpoint, timed),
    timed: (endpoint) => runSysbench(endpoint, timed),
    once: (endpoint) => runSysbench(endpoint, [...args, "--time=0", `--events=${clients}`]),
  };
}
