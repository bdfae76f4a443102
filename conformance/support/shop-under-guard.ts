/** The shop and its twin behind the proxy with the packs, a tap in between, and what must not come back. */
import { Client } from "pg";
import { createTwins, hiddenByPacks, type Twins } from "../noninterference/twin-databases.ts";
import { type HiddenValues, readHiddenValues } from "./hidden-values.ts";
import { type PostgresOptions, type PostgresServer, startPostgres } from "./postgres-server.ts";
import { type Proxied, type ProxiedLogin, type ProxiedUser, startProxied } from "./proxied.ts";
import { startTap, type Tap } from "./tap.ts";
import { WireClient } from "./wire-client.ts";

export interface ShopUnderGuard {
  readonly server: PostgresServer;
  readonly twins: Twins;
  readonly proxied: Proxied;
  readonly tap: Tap;
  readonly hidden: HiddenValues;
  /** Names of the tables and views that belong to the shop. */
  readonly tables: readonly string[];
  /** A login at the tap. */
  readonly as: (user: GuardedUser, database?: string) => ProxiedLogin;
  readonly open: (user: GuardedUser, database?: string) => Promise<WireClient>;
  readonly stop: () => Promise<void>;
}

export const guardedPeople: readonly ProxiedUser[] = [
  { name: "analyst", kind: "human", groups: ["analyst"] },
  { name: "agent", kind: "agent" },
  { name: "dba", kind: "human", groups: ["dba"] },
];

export type GuardedUser = "analyst" | "agent" | "dba";

/** Hidden columns by table, as `readHiddenValues` takes them. */
export const hiddenColumns = Object.fromEntries(
  Object.entries(hiddenByPacks).map(([table, columns]) => [table, Object.keys(columns)]),
);

export async function startShopUnderGuard(options: PostgresOptions = {}): Promise<ShopUnderGuard> {
  const server = await startPostgres({ ...options, settings: { autovacuum: "off", ...options.settings } });
  const twins = await createTwins(server, "shop", hiddenByPacks, undefined);
  for (const database of [twins.shop, twins.twin]) {
    // People write addresses into tickets, which people may read: not what is looked for here.
    await run(database, "update support_tickets set body = 'Please help.'");
    // As in real life, the server knows how values are distributed.
    await run(database, "analyze");
  }
  const hidden = await readHiddenValues(twins.shop, hiddenColumns);
  const proxied = await startProxied({
    databases: [twins.shop, twins.twin],
    users: guardedPeople,
  });
  const tap = await startTap(proxied.port);
  const as = (user: GuardedUser, database?: string) => ({ ...proxied.as(user, database), port: tap.port });
  return {
    server,
    twins,
    proxied,
    tap,
    hidden,
    tables: await tableNames(twins.shop),
    as,
    open: (user, database) => WireClient.connect(as(user, database)),
    async stop() {
      await tap.stop();
      await proxied.stop();
      await server.stop();
    },
  };
}

/** Runs statements directly at the server. */
async function run(database: ProxiedLogin, sql: string): Promise<void> {
  const client = new Client(database);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function tableNames(database: ProxiedLogin): Promise<string[]> {
  const client = new Client(database);
  await client.connect();
  try {
    const result = await client.query<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')",
    );
    return result.rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
