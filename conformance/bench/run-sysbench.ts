import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Endpoint } from "./endpoints.ts";
import type { LoadRun } from "./transactions.ts";

const execute = promisify(execFile);

/** One run of sysbench's point selects, with the median latency, of its own histogram; what fails in it fails the benchmark. */
export async function runSysbench(
  endpoint: Endpoint,
  args: readonly string[],
): Promise<LoadRun & { readonly latencyUs: number }> {
  const before = (await endpoint.process?.cpuUs()) ?? 0;
  const output = await sysbench(endpoint, [...args, "--percentile=50", "run"]);
  const after = (await endpoint.process?.cpuUs()) ?? 0;
  const [, total, perSecond] = /transactions:\s+(\d+)\s+\(([\d.]+) per sec/.exec(output) ?? [];
  const transactions = Number(total);
  const failed = Number(/ignored errors:\s+(\d+)/.exec(output)?.[1] ?? 0);
  if (!(transactions > 0) || failed > 0) throw new Error(`sysbench through ${endpoint.name} failed:\n${output}`);
  const latencyUs = Number(/50th percentile:\s+([\d.]+)/.exec(output)?.[1]) * 1000;
  return { tps: Number(perSecond), transactions, cpuUs: (after - before) / transactions, latencyUs };
}

/** @param args among them what sysbench is to do: `prepare` or `run` */
export async function sysbench(
  { port, user, password, database }: Omit<Endpoint, "process">,
  args: readonly string[],
): Promise<string> {
  const login = [
    "--db-driver=mysql",
    "--mysql-host=127.0.0.1",
    `--mysql-port=${port}`,
    `--mysql-user=${user}`,
    `--mysql-password=${password}`,
    `--mysql-db=${database}`,
  ];
  const { stdout } = await execute("sysbench", ["oltp_point_select", ...login, ...args]);
  return stdout;
}

export function hasSysbench(): Promise<boolean> {
  return execute("sysbench", ["--version"]).then(
    () => true,
    () => false,
  );
}
