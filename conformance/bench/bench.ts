/**
 * `npm run bench [-- policies decision tokens pgbench large filters replay --rounds N --seconds N --clients 1,8,64]`: what Penstock costs, as ratios of things
 * measured in turns in the same run. Absolute figures tell of the machine as much as of the code.
 */
import { parseArgs } from "node:util";
import { loadPostgresCatalog, type PrincipalContext } from "@penstock/engine";
import { compile } from "@penstock/language";
import { Client } from "pg";
import { fillShop } from "../demo/shop.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { packSources, type ProxiedUser } from "../support/proxied.ts";
import { benchDecisions } from "./decision.ts";
import { benchFilters } from "./filters.ts";
import { benchLargeResult } from "./large-result.ts";
import { benchManyPolicies } from "./many-policies.ts";
import { benchManyRules } from "./many-rules.ts";
import { benchReplay } from "./replay.ts";
import { startMeasured } from "./measured-process.ts";
import { benchPgbench } from "./pgbench.ts";
import { benchTokens } from "./tokens.ts";

const database = "shop";
const users: readonly ProxiedUser[] = [
  { name: "analyst", kind: "human", groups: ["analyst"] },
  { name: "dba", kind: "human", groups: ["dba"] },
  { name: "agent", kind: "agent", groups: [] },
];

/** pg's type parsers replaced by none: the catalog loader takes text. */
const asText = { getTypeParser: () => (text: string) => text };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    clients: { type: "string", default: "1,8,64" },
    statements: { type: "string", default: "100000" },
    modes: { type: "string", default: "simple,extended,prepared" },
  },
});
const sections = new Set(
  positionals.length === 0 ? ["policies", "decision", "tokens", "pgbench", "large", "filters", "replay"] : positionals,
);

if (sections.delete("policies")) benchManyPolicies();
if (sections.delete("tokens")) benchTokens(Number(values.rounds));

if (sections.size > 0) await onServer();

async function onServer(): Promise<void> {
  const server = await startPostgres();
  try {
    await server.createDatabase(database);
    await withClient(server, (client) => fillShop(client));
    if (sections.has("decision")) await decisions(server);
    if (sections.has("replay")) await benchReplay(Number(values.statements));
    const login = { host: server.host, port: server.port, database, user: server.user, password: server.password };
    if (sections.has("pgbench")) {
      await benchPgbench(
        server,
        database,
        { databases: [login], users },
        {
          rounds: Number(values.rounds),
          seconds: Number(values.seconds),
          clients: values.clients.split(",").map(Number),
          modes: values.modes.split(","),
        },
      );
    }
    if (sections.has("large")) await largeResult(server, login);
    const [user] = users;
    if (sections.has("filters") && user !== undefined) {
      await withClient(server, (client) => benchFilters(client, asText, contextOf(user), Number(values.rounds)));
    }
  } finally {
    await server.stop();
  }
}

async function decisions(target: PostgresServer): Promise<void> {
  const { program } = compile(packSources());
  if (program === undefined) throw new Error("the packs do not compile: run `npx policy check policies`");
  const catalog = await withClient(target, (client) =>
    loadPostgresCatalog(
      async (sql) => (await client.query<(string | null)[]>({ text: sql, rowMode: "array", types: asText })).rows,
    ),
  );
  const principals = new Map(users.map((user) => [user.name, contextOf(user)]));
  benchDecisions(program, catalog, principals);
  for (const who of principals.values()) return benchManyRules(catalog, who);
}

/** One million rows: a plain one, and one with masked columns. */
async function largeResult(
  target: PostgresServer,
  login: Parameters<typeof benchPgbench>[2]["databases"][number],
): Promise<void> {
  await withClient(target, (client) =>
    client.query(
      "create table measurements as select i as id, i % 97 as sensor, i * 1.5 as reading, 'row ' || i as note from generate_series(1, 1000000) i; " +
        "create table contacts as select i as id, 'user' || i || '@example.com' as email, '+44 20 ' || i as phone, i % 97 as region from generate_series(1, 1000000) i; " +
        "analyze",
    ),
  );
  const relay = await startMeasured("relay.ts", { host: target.host, port: target.port });
  const penstock = await startMeasured("proxy-process.ts", { databases: [login], users });
  const direct = { name: "direct", port: target.port, user: login.user, password: login.password, database };
  try {
    await benchLargeResult(
      [
        direct,
        { ...direct, name: "relay", port: relay.port },
        { name: "penstock, dba: raw", port: penstock.port, user: "dba", password: "password-of-dba", database },
        {
          name: "penstock, analyst: masked",
          port: penstock.port,
          user: "analyst",
          password: "password-of-analyst",
          database,
        },
      ],
      [
        ["1 million rows without labels", "select * from measurements"],
        ["1 million rows with e-mail and phone", "select * from contacts"],
      ],
      Number(values.rounds),
    );
  } finally {
    await Promise.all([relay.stop(), penstock.stop()]);
  }
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

function contextOf({ name, kind, groups = [] }: ProxiedUser): PrincipalContext {
  return {
    principal: { id: name, name, kind, groups, claims: {}, auth: { method: "scram", atNs: 0n, mfa: false } },
    session: {
      id: "bench",
      database,
      user: name,
      client: { address: "127.0.0.1", application: "bench", tls: false },
      startedAtNs: 0n,
      tags: {},
    },
    target: { name: database, engine: "postgres", version: "18.0", environment: "test", tags: {} },
  };
}
