/**
 * `npm run bench [-- SECTION … --rounds N --seconds N --clients 1,8,64 --modes prepared,text]`: what Penstock costs, as ratios of things measured in turns in the
 * same run. Absolute figures tell of the machine as much as of the code. About fifteen minutes; the sections stand in `sectionNames`.
 */
import { parseArgs } from "node:util";
import { type Catalog, createEnforcer, loadPostgresCatalog } from "@penstock/engine";
import { compile, type Program } from "@penstock/language";
import { Client } from "pg";
import { fillShop } from "../demo/shop.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { packSources } from "../support/proxied.ts";
import { benchAudit } from "./audit.ts";
import { benchDecisions } from "./decision.ts";
import { benchDetection } from "./detection.ts";
import type { BenchTarget } from "./endpoints.ts";
import { benchFilters } from "./filters.ts";
import { benchFirstSight } from "./first-sight.ts";
import { benchIdle, idleConnections } from "./idle.ts";
import { benchLargeResult } from "./large-result.ts";
import { benchManyPolicies } from "./many-policies.ts";
import { benchManyRules } from "./many-rules.ts";
import { benchMysqlGrammar } from "./mysql-grammar.ts";
import { onMariadb, withMariadb } from "./on-mariadb.ts";
import { analyst, contextOf, database, users } from "./people.ts";
import { benchPgbench, pgbenchModes } from "./pgbench.ts";
import { benchReplay } from "./replay.ts";
import { benchHeld, heldConnections } from "./held.ts";
import { benchSessions, manySessions } from "./sessions.ts";
import { benchStall } from "./stall.ts";
import { benchStrict } from "./strict.ts";
import { benchTokens } from "./tokens.ts";
import { benchWorkers } from "./workers.ts";

const principals = new Map(users.map((user) => [user.name, contextOf(user)]));
const names = { searchPath: ["public"] };

/** pg's type parsers replaced by none: the catalog loader takes text. */
const asText = { getTypeParser: () => (text: string) => text };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    clients: { type: "string", default: "1,8,64" },
    statements: { type: "string", default: "100000" },
    modes: { type: "string", default: "simple,extended,prepared,text" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const clients = values.clients.split(",").map(Number);
const modes = values.modes.split(",");

/** What is measured without a server, then what needs one. */
const alone: Readonly<Record<string, () => void | Promise<void>>> = {
  policies: benchManyPolicies,
  tokens: () => benchTokens(rounds),
  detection: () => benchDetection(rounds),
  audit: () => benchAudit(rounds),
  mysql: () => benchMysqlGrammar(rounds),
};
const onServer: Readonly<Record<string, (target: BenchTarget) => void | Promise<void>>> = {
  decision: async ({ server }) => {
    const catalog = await loadCatalog(server);
    benchDecisions(packs(), catalog, principals);
    benchManyRules(catalog, contextOf(analyst));
  },
  first: async ({ server }) => benchFirstSight(packs(), await loadCatalog(server), principals),
  replay: () => benchReplay(Number(values.statements)),
  pgbench: (target) =>
    benchPgbench(target, { rounds, seconds, clients, modes: modes.filter((mode) => pgbenchModes.has(mode)) }),
  strict: (target) =>
    benchStrict(target, { rounds, seconds, clients, modes: modes.filter((mode) => pgbenchModes.has(mode)) }),
  workers: (target) =>
    benchWorkers(target, { rounds, seconds, clients, modes: modes.filter((mode) => pgbenchModes.has(mode)) }),
  stall: (target) => benchStall(target, rounds, seconds),
  idle: benchIdle,
  sessions: (target) => benchSessions(target, seconds),
  held: benchHeld,
  large: (target) =>
    withClient(target.server, (client) =>
      benchLargeResult(target, client, (sql) => rewritten(target.server, sql), rounds),
    ),
  filters: ({ server }) => withClient(server, (client) => benchFilters(client, asText, contextOf(analyst), rounds)),
};

const sectionNames = [...Object.keys(alone), ...Object.keys(onServer), ...Object.keys(onMariadb)];
const sections = positionals.length === 0 ? sectionNames : positionals;
const unknown = sections.filter((section) => !sectionNames.includes(section));
if (unknown.length > 0) {
  console.error(`no section ${unknown.join(", ")}; there are ${sectionNames.join(", ")}`);
  process.exit(1);
}

for (const section of sections) await alone[section]?.();
if (sections.some((section) => section in onServer)) {
  // Shared memory for thousands of connections would slow down what needs a few.
  const most = sections.includes("held") ? heldConnections : idleConnections;
  const connections = sections.includes("sessions") ? manySessions : Math.max(most, idleConnections);
  const server = await startPostgres({ settings: { max_connections: String(connections + 50) } });
  try {
    await server.createDatabase(database);
    await withClient(server, (client) => fillShop(client));
    const { host, port, user, password } = server;
    const target = { server, database, proxy: { databases: [{ host, port, database, user, password }], users } };
    for (const section of sections) await onServer[section]?.(target);
  } finally {
    await server.stop();
  }
}

if (sections.some((section) => section in onMariadb)) {
  await withMariadb(async (target, owner) => {
    for (const section of sections) await onMariadb[section]?.(target, owner, { rounds, seconds, clients, modes });
  });
}

function packs(): Program {
  const { program } = compile(packSources());
  if (program === undefined) throw new Error("the packs do not compile: run `npx policy check policies`");
  return program;
}

function loadCatalog(server: PostgresServer): Promise<Catalog> {
  return withClient(server, (client) =>
    loadPostgresCatalog(
      async (sql) => (await client.query<(string | null)[]>({ text: sql, rowMode: "array", types: asText })).rows,
    ),
  );
}

/** What the server gets of an analyst's statement. */
async function rewritten(server: PostgresServer, sql: string): Promise<string> {
  const verdict = createEnforcer(packs()).decide(sql, contextOf(analyst), names, await loadCatalog(server));
  if (verdict.action !== "forward") throw new Error(`the packs refuse: ${sql}`);
  return verdict.text;
}

async function withClient<T>(target: PostgresServer, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: target.url(database) });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
