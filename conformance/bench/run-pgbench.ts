import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { requireTool } from "../support/client-tools.ts";
import type { Endpoint } from "./endpoints.ts";
import type { LoadRun } from "./transactions.ts";

const execute = promisify(execFile);

/** One run of pgbench; what fails in it fails the benchmark. */
export async function runPgbench(endpoint: Endpoint, args: readonly string[]): Promise<LoadRun> {
  const before = (await endpoint.process?.cpuUs()) ?? 0;
  const output = await pgbench(endpoint, args);
  const after = (await endpoint.process?.cpuUs()) ?? 0;
  const transactions = Number(/transactions actually processed: (\d+)/.exec(output)?.[1]);
  const tps = Number(/tps = ([\d.]+) \(without/.exec(output)?.[1]);
  const failed = Number(/failed transactions: (\d+)/.exec(output)?.[1] ?? 0);
  if (!(transactions > 0) || failed > 0) throw new Error(`pgbench through ${endpoint.name} failed:\n${output}`);
  return { tps, transactions, cpuUs: (after - before) / transactions };
}

/** As `runPgbench`, with the time of every transaction in microseconds, as pgbench logs it. */
export async function logPgbench(
  endpoint: Endpoint,
  args: readonly string[],
): Promise<LoadRun & { readonly latenciesUs: readonly number[] }> {
  const folder = mkdtempSync(join(tmpdir(), "penstock-pgbench-"));
  try {
    const run = await runPgbench(endpoint, [...args, "-l", `--log-prefix=${join(folder, "log")}`]);
    // A line a transaction: client, number, time, …
    const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), "utf8").trim().split("\n"));
    return { ...run, latenciesUs: lines.map((line) => Number(line.split(" ")[2])) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function pgbench(
  { port, user, password, database }: Omit<Endpoint, "process">,
  args: readonly string[],
): Promise<string> {
  const { stdout } = await execute(
    requireTool("pgbench"),
    ["-h", "127.0.0.1", "-p", String(port), "-U", user, ...args, database],
    { env: { ...process.env, PGPASSWORD: password, PGSSLMODE: "disable" } },
  );
  return stdout;
}
