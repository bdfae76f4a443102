import { execFile, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { ServerLogin } from "./endpoints.ts";

const execute = promisify(execFile);

export interface Pgbouncer {
  readonly port: number;
  cpuUs(): Promise<number>;
  stop(): Promise<void>;
}

/** Where pgbouncer is installed: session pooling, the nearest to what Penstock does. Processor time from /proc. */
export async function startPgbouncer(server: ServerLogin, database: string): Promise<Pgbouncer | undefined> {
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
