/** A psql script, once directly and once through the proxy, by somebody from whom nothing is hidden: what people see must be the same. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "pg";
import { fillShop } from "../demo/shop.ts";
import { requireTool } from "../support/client-tools.ts";
import { type PostgresServer, startPostgres, type PostgresOptions } from "../support/postgres-server.ts";
import { type Proxied, type ProxiedLogin, startProxied } from "../support/proxied.ts";

export interface Pair {
  readonly server: PostgresServer;
  /** Made anew, with the demo's shop in it. */
  readonly fresh: () => Promise<void>;
  /** A login of the same name at the server and at the proxy, for the same database. */
  readonly direct: ProxiedLogin;
  readonly through: ProxiedLogin;
  readonly proxied: Proxied;
  readonly stop: () => Promise<void>;
}

const database = "regression";

/** Nothing is denied and nothing hidden: what is left is what the proxy does to everybody. */
const permissive = { path: "permissive.policy", text: "package permissive\n" };

export async function startPair(options: PostgresOptions = {}): Promise<Pair> {
  const server = await startPostgres({ ...options, settings: { autovacuum: "off", ...options.settings } });
  const { host, port, user, password } = server;
  const direct = { host, port, user, password, database };
  const fill = async () => {
    const client = new Client({ connectionString: await server.createDatabase(database) });
    await client.connect();
    await fillShop(client);
    await client.end();
  };
  await fill();
  const proxied = await startProxied({
    databases: [direct],
    users: [{ name: user, kind: "human" }],
    policies: [permissive],
  });
  return {
    server,
    async fresh() {
      const client = new Client({ connectionString: server.url() });
      await client.connect();
      await client.query(`drop database if exists ${database} with (force)`);
      await client.end();
      await fill();
      await proxied.refreshCatalogs();
    },
    direct,
    through: proxied.as(user),
    proxied,
    async stop() {
      await proxied.stop();
      await server.stop();
    },
  };
}

/** As `pg_regress` runs its scripts: every line echoed, errors and notices in their place. */
const psqlArguments = ["-X", "-a", "-q", "-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on"];

/** What the script prints on both streams, in order. Never rejects for an error of the script's. */
export async function runScript(
  { host, port, user, password, database: name }: ProxiedLogin,
  script: string,
): Promise<string> {
  const env = {
    ...process.env,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: name,
    PGTZ: "America/Los_Angeles",
    PGDATESTYLE: "Postgres, MDY",
    LC_MESSAGES: "C",
    LANG: "C.UTF-8",
  };
  // One pipe for both streams: only so do errors stand where they happened.
  const psql = spawn("/bin/sh", ["-c", 'exec "$0" "$@" 2>&1', requireTool("psql"), ...psqlArguments], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  psql.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A script that ends the session leaves the rest of itself unread.
  psql.stdin.on("error", () => undefined);
  psql.stdin.end(script);
  await once(psql, "close");
  return Buffer.concat(chunks).toString("utf8");
}

export interface Difference {
  /** Number of the output's line, from 1. */
  readonly line: number;
  /** What was echoed last before it: the statement. */
  readonly after: readonly string[];
  readonly direct: readonly string[];
  readonly through: readonly string[];
}

/** The differing stretches of two outputs, by the lines that both have around them. */
export function differences(script: string, direct: string, through: string): Difference[] {
  const echoed = new Set(script.split("\n").filter((line) => line.trim() !== ""));
  const [one, other] = [direct.split("\n"), through.split("\n")];
  const found: Difference[] = [];
  let [i, j] = [0, 0];
  while (i < one.length || j < other.length) {
    if (one[i] === other[j]) {
      i++;
      j++;
      continue;
    }
    const [nextI, nextJ] = meet(one, other, i, j, echoed);
    found.push({
      line: i + 1,
      after: lastEchoed(one, i, echoed),
      direct: one.slice(i, nextI),
      through: other.slice(j, nextJ),
    });
    [i, j] = [nextI, nextJ];
  }
  return found;
}

/** The next line of the script that both have echoed. */
function meet(
  one: readonly string[],
  other: readonly string[],
  i: number,
  j: number,
  echoed: ReadonlySet<string>,
): [number, number] {
  for (let a = i; a < one.length; a++) {
    const line = one[a]!;
    if (!echoed.has(line)) continue;
    const b = other.indexOf(line, j);
    if (b >= 0) return [a, b];
  }
  return [one.length, other.length];
}

function lastEchoed(lines: readonly string[], before: number, echoed: ReadonlySet<string>): string[] {
  const last: string[] = [];
  for (let index = before - 1; index >= 0 && last.length < 4; index--) {
    const line = lines[index]!;
    if (echoed.has(line)) last.unshift(line);
    else if (last.length > 0) break;
  }
  return last;
}
