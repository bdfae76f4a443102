/**
 * `npm run conformance:chaos [-- --clients N --seconds N]`: two proxies with one store, clients that work, and proxies, target, store and sink that
 * are killed, stopped and cut meanwhile. Afterwards: nothing ran that is not recorded, nothing ran twice, no approval was used twice, nobody has
 * seen what is hidden, every chain verifies, and no record is missing at the sink or in the index over both. Ends with 1 where something of it does not hold.
 */
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Client } from "pg";
import { startPostgres } from "../support/postgres-server.ts";
import { check, tagsOf } from "./checks.ts";
import { approve, hidden, type Work, work } from "./clients.ts";
import { Installation } from "./installation.ts";
import { SinkServer } from "./sink-server.ts";
import { trouble } from "./trouble.ts";

const { values } = parseArgs({
  options: { clients: { type: "string", default: "200" }, seconds: { type: "string", default: "120" } },
});
const [clients, seconds] = [Number(values.clients), Number(values.seconds)];
const logEveryMs = 25;
const memoryBytesMax = 500 * 1024 * 1024;

const upstream = await startPostgres({
  settings: { log_statement: "all", max_connections: String(2 * clients + 50) },
});
const store = await startPostgres();
const sink = await SinkServer.listen();
const installation = await Installation.make(upstream, store, sink.port);
let failed = 0;
/** Tags of what has reached the target: its log is kept in part only, and so looked at again and again. */
const ran = new Set<string>();
const looking = setInterval(() => {
  for (const tag of tagsOf(upstream.log())) ran.add(tag);
}, logEveryMs);
try {
  const owner = new Client({ connectionString: upstream.url() });
  await owner.connect();
  await owner.query(`create table people (id int primary key, email text);
    insert into people select n, '${hidden}' || n from generate_series(1, 5) n;
    create table once (tag text); create table approved (tag text)`);
  await owner.end();
  await Promise.all(installation.proxies.map((proxy) => proxy.start()));
  const total: Work = { statements: 0, failures: 0, done: new Set(), leaks: [] };
  const endsAt = Date.now() + seconds * 1000;
  const isOver = () => Date.now() > endsAt;
  const [troubles, approved] = await Promise.all([
    trouble(installation, { upstream, store }, sink, isOver),
    approve(installation, isOver),
    ...Array.from({ length: clients }, (_, who) => work(installation, who, isOver, total)),
  ]);
  // What waits for approval now ends with its client; what is behind at the sink has time to come.
  await sleep(2000);
  const memory = installation.proxies.map(({ memoryBytes }) => memoryBytes);
  const said = [...troubles].map(([name, count]) => `${count} times ${name}`).join(", ");
  console.log(
    `${clients} clients for ${seconds} s: ${total.statements} statements, ${total.failures} errors, ${approved} approvals; ${said}`,
  );
  report(
    "the memory of the proxies is bounded",
    memory.map((bytes) => `${Math.round(bytes / 1024 / 1024)} MB`).join(", "),
    memory.filter((bytes) => bytes > memoryBytesMax).map(String),
  );
  for await (const { what, seen, wrong } of check(installation, { upstream, store }, ran, sink, total))
    report(what, seen, wrong);
} finally {
  clearInterval(looking);
  await Promise.all(installation.proxies.map((proxy) => proxy.stop("SIGKILL")));
  sink.close();
  await Promise.all([upstream.stop(), store.stop()]);
  if (failed === 0) rmSync(installation.folder, { recursive: true, force: true });
  else console.log(`what is left is in ${installation.folder}`);
}
process.exitCode = failed > 0 ? 1 : 0;

function report(what: string, seen: string, wrong: readonly string[]): void {
  if (wrong.length > 0) failed++;
  console.log(`${wrong.length === 0 ? "holds" : "FAILS"}  ${what} (${seen})`);
  for (const each of wrong.slice(0, 5)) console.log(`       ${each}`);
}
