/** What must hold when everything is over, whatever has broken meanwhile. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { isOfChain } from "../../proxy/src/audit/chain.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { hidden, type Work } from "./clients.ts";
import type { Installation } from "./installation.ts";
import type { SinkServer } from "./sink-server.ts";

export interface Check {
  readonly what: string;
  /** What was looked at. */
  readonly seen: string;
  /** Some of what is wrong; empty where all is well. */
  readonly wrong: readonly string[];
}

interface Line {
  readonly event?: string;
  readonly session?: string;
  readonly statement?: number;
  readonly text?: string;
  readonly decision?: string;
  readonly refused?: unknown;
  readonly approved?: readonly { readonly request: string }[];
}

const tags = /'(c\d+-\d+-\d+)'/g;
const sinkWaitMs = 60_000;

export async function* check(
  installation: Installation,
  { upstream, store }: { readonly upstream: PostgresServer; readonly store: PostgresServer },
  ran: ReadonlySet<string>,
  sink: SinkServer,
  work: Work,
): AsyncGenerator<Check> {
  const { folder, proxies } = installation;
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1));
  const records = lines.map(parse);
  const statements = records.filter(({ event }) => event === "statement");

  const recorded = new Set(statements.flatMap(({ text = "" }) => [...tagsOf(text)]));
  const unrecorded = [...ran].filter((tag) => !recorded.has(tag));
  yield { what: "what reached the target is in the audit log", seen: `${ran.size} statements`, wrong: unrecorded };

  for (const { name } of proxies) {
    const { status, stdout, stderr } = installation.run("audit", "verify", `${name}.jsonl`);
    yield {
      what: `the chain of proxy ${name} verifies`,
      seen: stdout.trim().split("\n").at(-1) ?? "",
      wrong: status === 0 ? [] : [stdout + stderr],
    };
  }

  const uses = new Map<string, number>();
  for (const { approved = [], refused } of statements) {
    if (refused !== undefined) continue;
    for (const { request } of approved) uses.set(request, (uses.get(request) ?? 0) + 1);
  }
  const reused = [...uses].filter(([, count]) => count > 1).map(([request, count]) => `${request}: ${count}`);
  yield { what: "no approval was used twice", seen: `${uses.size} approvals`, wrong: reused };

  const client = new Client({ connectionString: upstream.url() });
  await client.connect();
  for (const table of ["once", "approved"]) {
    const { rows } = await client.query<{ tag: string; count: string }>(
      `select tag, count(*) from ${table} group by tag`,
    );
    const twice = rows.filter(({ count }) => count !== "1").map(({ tag, count }) => `${tag}: ${count}`);
    yield { what: `no statement ran twice on \`${table}\``, seen: `${rows.length} rows`, wrong: twice };
  }
  await client.end();

  const leaked = work.leaks.filter((leak) => leak.includes(hidden));
  yield { what: "no client has seen what is hidden", seen: `${work.done.size} answers`, wrong: leaked };

  for (let waitedMs = 0; sink.ids.size < lines.length && waitedMs < sinkWaitMs; waitedMs += 100) await sleep(100);
  const missing = lines.length - sink.ids.size;
  yield {
    what: "every line of the log has reached the sink",
    seen: `${lines.length} lines`,
    wrong: missing > 0 ? [`${missing} are missing`] : [],
  };
  yield await checkIndex(store, lines);
}

/** The index over all proxies has what the files have: each record once, and each result with its statement. */
async function checkIndex(store: PostgresServer, lines: readonly string[]): Promise<Check> {
  const records = lines.filter((line) => !isOfChain(line)).map((line) => ({ line, ...parse(line) }));
  const expected = records.filter(({ event }) => event !== undefined && event !== "result").map(({ line }) => line);
  const ended = new Set(
    records.filter(({ event }) => event === "result").map(({ session, statement }) => `${session} ${statement}`),
  );
  const client = new Client({ connectionString: store.url() });
  await client.connect();
  let found: readonly { readonly line: string; readonly ended: boolean }[] = [];
  for (let waitedMs = 0; waitedMs < sinkWaitMs; waitedMs += 500) {
    ({ rows: found } = await client.query("select line, sqlstate is not null as ended from penstock.audit_records"));
    if (found.length >= expected.length) break;
    await sleep(500);
  }
  await client.end();
  const left = new Map<string, number>();
  for (const line of expected) left.set(line, (left.get(line) ?? 0) + 1);
  for (const { line } of found) left.set(line, (left.get(line) ?? 0) - 1);
  const differing = [...left].filter(([, count]) => count !== 0);
  const unended = found.filter(({ line, ended: isEnded }) => {
    const { event, session, statement } = parse(line);
    return event === "statement" && isEnded !== ended.has(`${session} ${statement}`);
  });
  return {
    what: "the index over both has every record once, and its result",
    seen: `${found.length} records, ${ended.size} results`,
    wrong: [
      ...differing.map(([line, count]) => `${count > 0 ? "missing" : "too many"}: ${line}`),
      ...unended.map(({ line }) => `without its result, or with another's: ${line}`),
    ],
  };
}

export function tagsOf(text: string): Set<string> {
  return new Set([...text.matchAll(tags)].map(([, tag = ""]) => tag));
}

function parse(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    // Torn by a kill.
    return {};
  }
}
