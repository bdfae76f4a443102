/** What goes wrong: proxies are killed, stopped for a while; the store, the target and the sink break down. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { PostgresServer } from "../support/postgres-server.ts";
import type { Installation } from "./installation.ts";
import type { SinkServer } from "./sink-server.ts";

const betweenMs = 3000;
const stoppedMs = 2000;

export async function trouble(
  { proxies }: Installation,
  { upstream, store }: { readonly upstream: PostgresServer; readonly store: PostgresServer },
  sink: SinkServer,
  isOver: () => boolean,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const deeds: readonly (readonly [string, () => Promise<void>])[] = [
    ...proxies.flatMap((proxy) => [
      [
        "proxy killed",
        async () => {
          await proxy.stop("SIGKILL");
          await proxy.start();
        },
      ] as const,
      [
        "proxy paused",
        async () => {
          proxy.signal("SIGSTOP");
          await sleep(stoppedMs);
          proxy.signal("SIGCONT");
        },
      ] as const,
    ]),
    [
      "worker killed",
      async () => {
        const [worker] = proxies.flatMap(({ workers }) => workers);
        if (worker !== undefined) process.kill(worker, "SIGKILL");
        await Promise.resolve();
      },
    ],
    ["target crashed", () => crash(upstream)],
    ["store crashed", () => crash(store)],
    [
      "sink away",
      async () => {
        sink.isAway = true;
        await sleep(stoppedMs);
        sink.isAway = false;
      },
    ],
  ];
  for (let turn = 0; !isOver(); turn++) {
    // Each of them in turn, so that a short run has them all.
    const [name, deed] = deeds[turn % deeds.length]!;
    await deed();
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await sleep(betweenMs);
  }
  return counts;
}

/** A process of the server dies by SIGKILL: it ends all others, and recovers from its log. */
async function crash(server: PostgresServer): Promise<void> {
  const client = new Client({ connectionString: server.url() });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const [row] = rows;
    if (row !== undefined) process.kill(row.pid, "SIGKILL");
  } catch {
    // It is down already.
  } finally {
    await client.end().catch(() => undefined);
  }
}
