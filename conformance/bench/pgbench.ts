import { execFile, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { requireTool } from "../support/client-tools.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { type MeasuredProcess, startMeasured } from "./measured-process.ts";
import type { ProxyParameters } from "./proxy-process.ts";
import { printSample, printTable, ratios, sample } from "./statistics.ts";

const execute = promisify(execFile);

interface Endpoint {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly process: Pick<MeasuredProcess, "cpuUs"> | undefined;
}

interface Run {
  readonly tps: number;
  /** Of the process in between, for one transaction. */
  readonly cpuUs: number;
}

/** pgbench -S, direct and through what stands in between, in turns: a slow minute of the machine meets them all. */
export async function benchPgbench(
  server: PostgresServer,
  database: string,
  proxy: ProxyParameters,
  options: {
    readonly rounds: number;
    readonly seconds: number;
    readonly clients: readonly number[];
    readonly modes: readonly string[];
  },
): Promise<void> {
  const direct: Endpoint = {
    name: "direct",
    port: server.port,
    user: server.user,
    password: server.password,
    process: undefined,
  };
  await pgbench(direct, database, ["-i", "-q", "-s", "1"]);
  const relay = await startMeasured("relay.ts", { host: server.host, port: server.port });
  const penstock = await startMeasured("proxy-process.ts", proxy);
  const bouncer = await startPgbouncer(server, database);
  const endpoints: Endpoint[] = [
    direct,
    { ...direct, name: "relay", port: relay.port, process: relay },
    { name: "penstock", port: penstock.port, user: "analyst", password: "password-of-analyst", process: penstock },
    ...(bouncer === undefined ? [] : [{ ...direct, name: "pgbouncer", port: bouncer.port, process: bouncer }]),
  ];
  if (bouncer === undefined) console.log("pgbouncer is not installed: left out (apt-get install pgbouncer)");
  try {
    for (const mode of options.modes) {
      for (const clients of options.clients) await benchOne(endpoints, database, mode, clients, options);
    }
  } finally {
    await Promise.all([relay.stop(), penstock.stop(), bouncer?.stop()]);
  }
}

async function benchOne(
  endpoints: readonly Endpoint[],
  database: string,
  mode: string,
  clients: number,
  options: { readonly rounds: number; readonly seconds: number },
): Promise<void> {
  const runs = new Map<string, Run[]>(endpoints.map(({ name }) => [name, []]));
  const args = ["-n", "-S", "-M", mode, "-c", String(clients), "-T", String(options.seconds)];
  // The first round warms caches and is thrown away.
  for (let round = 0; round <= options.rounds; round++) {
    for (const endpoint of endpoints) {
      const run = await measure(endpoint, database, args);
      if (round > 0) runs.get(endpoint.name)?.push(run);
    }
  }
  const figures = (name: string, of: keyof Run): number[] => (runs.get(name) ?? []).map((run) => run[of]);
  console.log(
    `\npgbench -S -M ${mode} -c ${clients}, ${options.rounds} rounds of ${options.seconds} s in turns: median (min–max)`,
  );
  printTable([
    ["", "transactions/s", "of relay", "CPU µs/transaction", "of relay"],
    ...endpoints.map(({ name, process }) => [
      name,
      printSample(sample(figures(name, "tps")), 0),
      printSample(ratios(figures(name, "tps"), figures("relay", "tps")), 2),
      process === undefined ? "–" : printSample(sample(figures(name, "cpuUs")), 1),
      process === undefined ? "–" : printSample(ratios(figures(name, "cpuUs"), figures("relay", "cpuUs")), 2),
    ]),
  ]);
}

async function measure(endpoint: Endpoint, database: string, args: readonly string[]): Promise<Run> {
  const before = (await endpoint.process?.cpuUs()) ?? 0;
  const output = await pgbench(endpoint, database, args);
  const after = (await endpoint.process?.cpuUs()) ?? 0;
  const transactions = Number(/transactions actually processed: (\d+)/.exec(output)?.[1]);
  const tps = Number(/tps = ([\d.]+) \(without/.exec(output)?.[1]);
  const failed = Number(/failed transactions: (\d+)/.exec(output)?.[1] ?? 0);
  if (!(transactions > 0) || failed > 0) throw new Error(`pgbench through ${endpoint.name} failed:\n${output}`);
  return { tps, cpuUs: (after - before) / transactions };
}

async function pgbench(endpoint: Endpoint, database: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execute(
    requireTool("pgbench"),
    ["-h", "127.0.0.1", "-p", String(endpoint.port), "-U", endpoint.user, ...args, database],
    { env: { ...process.env, PGPASSWORD: endpoint.password, PGSSLMODE: "disable" } },
  );
  return stdout;
}

interface Pgbouncer {
  readonly port: number;
  cpuUs(): Promise<number>;
  stop(): Promise<void>;
}

/** Where pgbouncer is installed: session pooling, the nearest to what Penstock does. Processor time from /proc. */
async function startPgbouncer(server: PostgresServer, database: string): Promise<Pgbouncer | undefined> {
  const binary = await execute("sh", ["-c", "PATH=$PATH:/usr/sbin command -v pgbouncer"]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (binary === undefined || process.platform !== "linux") return undefined;
  const port = server.port + 1;
  const folder = mkdtempSync(join(tmpdir(), "penstock-pgbouncer-"));
  chmodSync(folder, 0o755);
  const userlist = join(folder, "users.txt");
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(userlist, `"${server.user}" "${server.password}"\n`);
  writeFileSync(
    config,
    [
      "[databases]",
      `${database} = host=${server.host} port=${server.port} user=${server.user} password=${server.password}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = trust",
      `auth_file = ${userlist}`,
      "pool_mode = session",
      "default_pool_size = 100",
      "max_client_conn = 200",
      "ignore_startup_parameters = extra_float_digits",
    ].join("\n"),
  );
  // It refuses to run as root.
  const root = process.getuid?.() === 0;
  const child: ChildProcess = spawn(binary, ["-q", ...(root ? ["-u", "nobody"] : []), config], { stdio: "ignore" });
  await sleep(500);
  const ticksPerSecond = Number((await execute("getconf", ["CLK_TCK"])).stdout);
  return {
    port,
    cpuUs: async () => {
      const { stdout } = await execute("cat", [`/proc/${child.pid}/stat`]);
      // Fields 14 and 15 after the parenthesised name: utime and stime (proc(5)).
      const fields = stdout.slice(stdout.lastIndexOf(")") + 2).split(" ");
      return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1_000_000;
    },
    stop: async () => {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
      await Promise.resolve();
    },
  };
}
