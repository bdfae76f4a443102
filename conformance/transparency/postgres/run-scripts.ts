/** psql scripts, run directly or through the proxy by somebody from whom nothing is hidden, each time on a server of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { Client } from "pg";
import { fillShop } from "../../demo/shop.ts";
import { requireTool } from "../../support/client-tools.ts";
import { type PostgresOptions, startPostgres } from "../../support/postgres-server.ts";
import { type ProxiedLogin, startProxied } from "../../support/proxied.ts";
import { type Outputs, permissive, type Side } from "../outputs.ts";

export interface Surroundings {
  readonly major?: PostgresOptions["major"];
  /** What the scripts find there: the demo's shop, or what a script makes that is run directly; otherwise nothing. */
  readonly found?: "shop" | { readonly script: string } | undefined;
}

const database = "regression";

/** As `pg_regress` starts and makes them. */
const settings = { autovacuum: "off", max_prepared_transactions: "2" };
const databaseSettings = ["lc_messages", "lc_monetary", "lc_numeric", "lc_time"].map((name) => [name, "C"] as const);

/** Runs scripts one after the other in one database. Never rejects for an error of a script's. */
export async function runScripts(paths: readonly string[], side: Side, surroundings: Surroundings): Promise<Outputs> {
  const { major = 18, found } = surroundings;
  const server = await startPostgres({ major, settings });
  const { host, port, user, password } = server;
  const direct = { host, port, user, password, database };
  const folder = resultsFolder();
  try {
    const client = new Client({ connectionString: await server.createDatabase(database) });
    await client.connect();
    for (const [name, value] of databaseSettings) {
      // oxlint-disable-next-line no-await-in-loop -- one connection
      await client.query(`alter database ${database} set ${name} to '${value}'`);
    }
    if (found === "shop") await fillShop(client);
    const libraries = await client.query<{ setting: string }>("select setting from pg_config where name = 'PKGLIBDIR'");
    await client.end();
    const environment = { PG_ABS_BUILDDIR: folder, PG_LIBDIR: libraries.rows[0]?.setting ?? "" };
    const run = (login: ProxiedLogin, path: string) => runScript(login, path, environment);
    const setup = typeof found === "object" ? await run(direct, found.script) : "";
    const proxied =
      side === "direct"
        ? undefined
        : await startProxied({
            databases: [direct],
            users: [{ name: user, kind: "human" }],
            policies: [permissive],
          });
    try {
      const scripts: string[] = [];
      // oxlint-disable-next-line no-await-in-loop -- later scripts stand on what earlier ones made
      for (const path of paths) scripts.push(await run(proxied?.as(user) ?? direct, path));
      return { scripts, setup, faults: proxied?.faults ?? [] };
    } finally {
      await proxied?.stop();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where scripts leave files: the server writes there too, as another user. */
function resultsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "penstock-transparency-"));
  mkdirSync(join(folder, "results"));
  for (const path of [folder, join(folder, "results")]) chmodSync(path, 0o777);
  return folder;
}

/** As `pg_regress` runs its scripts: every line echoed, errors and notices in their place. */
const psqlArguments = ["-X", "-a", "-q", "-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on"];

/** The caller's environment comes before what is set here for scripts to find files, say a folder of libraries of its own. */
async function runScript(
  { host, port, user, password, database: name }: ProxiedLogin,
  path: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = dirname(resolve(path));
  const env = {
    PG_ABS_SRCDIR: basename(folder) === "sql" ? dirname(folder) : folder,
    PG_DLSUFFIX: ".so",
    ...environment,
    ...process.env,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: name,
    PGAPPNAME: `pg_regress/${basename(path, ".sql")}`,
    PGTZ: "America/Los_Angeles",
    PGDATESTYLE: "Postgres, MDY",
    PGOPTIONS: "-c intervalstyle=postgres_verbose",
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
  psql.stdin.end(readFileSync(path));
  await once(psql, "close");
  return Buffer.concat(chunks).toString("utf8");
}
