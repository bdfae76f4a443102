/** A thousand statements that wait for people at once, each on a connection of its own, at the real `policy-proxy serve` with either kind of store. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { deriveVerifier, formatVerifier } from "../../proxy/src/identity/scram-verifier.ts";
import type { BenchTarget } from "./endpoints.ts";
import { printTable } from "./statistics.ts";

/** Connections that the server needs: those of the statements, and a few. */
export const heldConnections = 1020;
const count = 1000;
const openedAtOnce = 20;
const answeredAtOnce = 50;
/** Clients of ordinary statements. */
const others = 4;
const limitMs = 120_000;
const password = "password of everybody";
const command = fileURLToPath(new URL("../../proxy/bin/policy-proxy.ts", import.meta.url));
const policy = 'package held\napprove by "dba" because "an update" if query.kind == "update"\n';

interface Installed {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly api: string;
  readonly token: string;
}

export async function benchHeld(target: BenchTarget): Promise<void> {
  const { server } = target;
  await server.createDatabase("store");
  const { host, port, user } = server;
  const stores = {
    SQLite: "{ file: store.db }",
    PostgreSQL: `{ url: "postgres://${user}@${host}:${port}/store", password_file: target.password }`,
  };
  const head = [
    "store",
    "MB",
    "listed, s",
    "all said yes, s",
    "all ran, s",
    "ran",
    "failed",
    "p99 before, ms",
    "while held",
  ];
  const rows = [[...head, "while answered"]];
  for (const [name, store] of Object.entries(stores)) rows.push([name, ...(await withStore(target, store))]);
  console.log(
    `\n${count} statements that wait for approval at once, each on a connection of its own; ${others} clients work on meanwhile`,
  );
  printTable(rows);
}

async function withStore(target: BenchTarget, store: string): Promise<string[]> {
  const direct = new Client({ connectionString: target.server.url(target.database) });
  await direct.connect();
  await direct.query(
    "drop table if exists held; create table held as select id, 0 as n from generate_series(1, 1000) id; alter table held add primary key (id)",
  );
  const installed = await install(target, store);
  const clients: Client[] = [];
  const work = new OrdinaryWork();
  try {
    await openMany(clients, installed, target.database);
    const ordinary = clients.splice(count);
    const calm = memoryBytes(installed);
    const done = work.run(ordinary);
    await sleep(3000);
    const before = work.p99();
    const asked = performance.now();
    const outcomes = clients.map((client, index) =>
      client.query("update held set n = n + 1 where id = $1", [index + 1]).then(
        () => "",
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    );
    const failed = new Set<string>();
    let over = 0;
    for (const outcome of outcomes)
      void outcome.then((problem) => {
        over++;
        if (problem !== "") failed.add(problem);
      });
    const waiting = await listed(installed, () => count - over);
    const listedAfter = performance.now() - asked;
    const grown = memoryBytes(installed) - calm;
    await sleep(2000);
    const whileHeld = work.p99();
    const began = performance.now();
    await answerAll(installed, waiting);
    const answeredAfter = performance.now() - began;
    const problems = (await Promise.all(outcomes)).filter((problem) => problem !== "");
    const ranAfter = performance.now() - began;
    const whileAnswered = work.p99();
    work.stop();
    await done;
    const { rows } = await direct.query<{ once: number; more: number }>(
      "select count(*) filter (where n = 1)::int as once, count(*) filter (where n > 1)::int as more from held",
    );
    const [ran] = rows;
    if (ran === undefined || ran.more > 0 || ran.once + problems.length !== count)
      throw new Error(`of ${count}, ${ran?.once} ran once, ${ran?.more} more than once, and ${problems.length} failed`);
    if (problems.length > 0) console.log(`${problems.length} failed: ${[...failed].slice(0, 3).join("; ")}`);
    return [
      (grown / 2 ** 20).toFixed(0),
      (listedAfter / 1000).toFixed(1),
      (answeredAfter / 1000).toFixed(1),
      (ranAfter / 1000).toFixed(1),
      String(ran.once),
      String(problems.length),
      before,
      whileHeld,
      whileAnswered,
    ];
  } finally {
    work.stop();
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    installed.child.kill("SIGKILL");
    await direct.end();
    rmSync(installed.folder, { recursive: true, force: true });
  }
}

/** Short statements of other clients, one after the other. */
class OrdinaryWork {
  #took: number[] = [];
  #isOver = false;

  async run(clients: readonly Client[]): Promise<void> {
    await Promise.all(
      clients.map(async (client, index) => {
        while (!this.#isOver) {
          const started = performance.now();
          await client.query("select id, total from orders where id = $1", [index + 1]);
          this.#took.push(performance.now() - started);
          await sleep(2);
        }
        await client.end();
      }),
    );
  }

  /** In milliseconds, of those since the last question. */
  p99(): string {
    const took = this.#took.sort((one, other) => one - other);
    this.#took = [];
    return (took[Math.floor(took.length * 0.99)] ?? Number.NaN).toFixed(0);
  }

  stop(): void {
    this.#isOver = true;
  }
}

async function install({ server, database }: BenchTarget, store: string): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), "penstock-held-"));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  const verifier = formatVerifier(await deriveVerifier(password));
  const { token, sha256 } = makeApiToken();
  mkdirSync(join(folder, "policies"));
  write("policies/held.policy", policy);
  write(
    "users.yaml",
    `users:\n  - { name: ann, kind: human, verifier: "${verifier}" }\n  - { name: bob, kind: human, groups: [dba], verifier: "${verifier}" }\n`,
  );
  write("tokens.yaml", `tokens: [{ name: bob, user: bob, sha256: ${sha256} }]\n`);
  write("target.password", server.password);
  write(
    "penstock.yaml",
    `listen: { port: 0 }
targets: [{ name: ${database}, host: ${server.host}, port: ${server.port}, user: ${server.user}, password_file: target.password, environment: test }]
users: users.yaml
policies: { path: policies }
audit: { file: audit.jsonl }
store: ${store}
admin: { port: 0, tokens: tokens.yaml }
limits: { held_statements: 2000, held_statements_per_principal: 2000 }
`,
  );
  const child = spawn(process.execPath, [command, "serve"], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const port = () => /listening on [^"]*:(\d+)/.exec(said)?.[1];
  while (port() === undefined) {
    if (child.exitCode !== null) throw new Error(`the proxy ended:\n${said}`);
    await Promise.race([once(child.stderr, "data"), once(child, "exit")]);
  }
  return { folder, child, port: Number(port()), api: `http://${/"admin":"([\d.]+:\d+)"/.exec(said)?.[1]}`, token };
}

async function openMany(clients: Client[], { port }: Installed, database: string): Promise<void> {
  const open = async (): Promise<void> => {
    while (clients.length < count + others) {
      const client = new Client({ host: "127.0.0.1", port, database, user: "ann", password });
      client.on("error", () => undefined);
      clients.push(client);
      await client.connect();
    }
  };
  await Promise.all(Array.from({ length: openedAtOnce }, open));
}

async function call({ api, token }: Installed, path: string, body?: unknown): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${api}/api/v1/approvals${path}`, { headers, ...post });
  const text = await response.text();
  if (!response.ok) throw new Error(`the API answers ${response.status}: ${text}`);
  return JSON.parse(text);
}

type Waiting = readonly { readonly id: string; readonly digest: string }[];

/** @param expected how many may still come to wait: those that have failed do not */
async function listed(installed: Installed, expected: () => number): Promise<Waiting> {
  const endsAt = performance.now() + limitMs;
  for (;;) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of the API that is measured
    const { requests } = (await call(installed, "").catch(() => ({ requests: [] }))) as { readonly requests: Waiting };
    if (requests.length >= expected()) return requests;
    if (performance.now() > endsAt) throw new Error(`${requests.length} are listed, not ${expected()}`);
    await sleep(50);
  }
}

async function answerAll(installed: Installed, waiting: Waiting): Promise<void> {
  const left = [...waiting];
  const answer = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop())
      await call(installed, `/${next.id}/answer`, { digest: next.digest, answer: "approve" });
  };
  await Promise.all(Array.from({ length: answeredAtOnce }, answer));
}

function memoryBytes({ child }: Installed): number {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
