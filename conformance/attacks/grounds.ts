/** Where attacks are tried: shops and their twins behind one proxy, with a tap in between. */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { hiddenRows, regionalPolicy } from "../noninterference/hidden-rows.ts";
import { createTwins, twinServerSettings } from "../noninterference/twin-databases.ts";
import { type HiddenValues, readHiddenValues } from "../support/hidden-values.ts";
import { startPostgres } from "../support/postgres-server.ts";
import {
  packSources,
  type Proxied,
  type ProxiedDatabase,
  type ProxiedLogin,
  startProxied,
} from "../support/proxied.ts";
import { startTap, type Tap } from "../support/tap.ts";
import { attackedPolicy, hiddenColumns, hiddenMarks } from "./hidden.ts";
import type { Attacker } from "./people.ts";
import { storedHidden } from "./stored.ts";

/** Two databases that differ in what is hidden from some attackers and in nothing else. */
export interface Shops {
  readonly shop: ProxiedDatabase;
  readonly twin: ProxiedDatabase;
  /** One in which masked values stand in the tables and hidden rows do not: what answers are to be like, where rows are hidden. */
  readonly masked: ProxiedDatabase | undefined;
  /** The owner, logged in directly at each of them. */
  readonly owners: readonly Client[];
  readonly hidden: HiddenValues;
  /** Where hidden values stand from the start in the first two. */
  readonly stored: readonly ReadonlySet<string>[];
  /** Objects that are there from the start. */
  readonly objects: readonly string[];
}

export interface Grounds {
  readonly proxied: Proxied;
  readonly tap: Tap;
  readonly of: (attacker: Attacker) => Shops;
  /** A login at the tap. */
  readonly as: (attacker: Attacker, database: ProxiedDatabase) => ProxiedLogin;
  readonly stop: () => Promise<void>;
}

export async function openGrounds(): Promise<Grounds> {
  const server = await startPostgres({ settings: twinServerSettings });
  const more = readFileSync(new URL("schema.sql", import.meta.url), "utf8");
  const columns = await createTwins(server, "shop", hiddenColumns, {}, more);
  const rows = await createTwins(server, "regional", hiddenColumns, hiddenRows, more);
  const ofColumns = await shopsOf({ shop: columns.shop, twin: columns.twin, masked: undefined }, []);
  const ofRows = await shopsOf(rows, hiddenMarks);
  const packs = packSources();
  const proxied = await startProxied({
    databases: [columns.shop, columns.twin, rows.shop, rows.twin],
    users: [
      { name: "analyst", kind: "human", groups: ["analyst"] },
      { name: "agent", kind: "agent" },
      { name: "regional", kind: "human", groups: ["analyst", "regional"] },
    ],
    policies: [...packs.sources, regionalPolicy, attackedPolicy],
    data: packs.data,
  });
  const tap = await startTap(proxied.port);
  return {
    proxied,
    tap,
    of: (attacker) => (attacker === "regional" ? ofRows : ofColumns),
    as: (attacker, { database }) => ({ ...proxied.as(attacker, database), port: tap.port }),
    async stop() {
      for (const owner of [...ofColumns.owners, ...ofRows.owners]) await owner.end();
      await tap.stop();
      await proxied.stop();
      await server.stop();
    },
  };
}

async function shopsOf(databases: Pick<Shops, "shop" | "twin" | "masked">, marks: readonly string[]): Promise<Shops> {
  const { shop, twin, masked } = databases;
  const owners = await Promise.all((masked === undefined ? [shop, twin] : [shop, twin, masked]).map(connect));
  for (const owner of owners) {
    // People write addresses into tickets, which people may read: not what is looked for here.
    await owner.query("update support_tickets set body = 'Please help.'");
    // As in real life, the server knows how values are distributed, those of hidden rows too.
    await owner.query("analyze");
  }
  const names = Object.entries(hiddenColumns).map(([table, hidden]) => [table, Object.keys(hidden)] as const);
  const hidden = await readHiddenValues(shop, Object.fromEntries(names), marks);
  const objects = await Promise.all(owners.slice(0, 1).map(objectsOf));
  return {
    ...databases,
    owners,
    hidden,
    stored: await storedIn({ owners, hidden }),
    objects: objects.flat().map(({ name }) => name),
  };
}

async function connect(database: ProxiedDatabase): Promise<Client> {
  const client = new Client(database);
  await client.connect();
  await client.query("set client_min_messages = error");
  return client;
}

/** In which places of the shop and its twin hidden values stand. */
export function storedIn({ owners, hidden }: Pick<Shops, "owners" | "hidden">): Promise<ReadonlySet<string>[]> {
  return Promise.all(owners.slice(0, 2).map((owner) => storedHidden(owner, hidden)));
}

/** Drops what attackers left behind; tells whether there was anything. */
export async function dropNewObjects({ owners, objects }: Shops): Promise<boolean> {
  let found = false;
  for (const owner of owners) {
    for (const { drop } of (await objectsOf(owner)).filter(({ name }) => !objects.includes(name))) {
      found = true;
      await owner.query(drop);
    }
  }
  return found;
}

interface DatabaseObject {
  readonly name: string;
  readonly drop: string;
}

/** Schemas first, then tables: most of what is left goes with them. */
async function objectsOf(owner: Client): Promise<readonly DatabaseObject[]> {
  const { rows } = await owner.query<DatabaseObject>(`
    with users as (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
    select 'schema ' || nspname as name, format('drop schema if exists %I cascade', nspname) as drop
      from pg_namespace join users using (oid)
    union all
    select 'relation ' || oid::regclass, format('drop %s if exists %s cascade', case relkind when 'v' then 'view' when 'm' then 'materialized view'
        when 'c' then 'type' else 'table' end, oid::regclass)
      from pg_class where relkind in ('r', 'v', 'm', 'p', 'c') and relnamespace in (select oid from users)
    union all
    select 'relation ' || oid::regclass, format('drop %s if exists %s cascade', case relkind when 'S' then 'sequence' else 'index' end, oid::regclass)
      from pg_class where relkind in ('S', 'i') and relnamespace in (select oid from users)
    union all
    select 'routine ' || oid::regprocedure, format('drop routine if exists %s cascade', oid::regprocedure)
      from pg_proc where pronamespace in (select oid from users)
    union all
    select 'type ' || oid::regtype, format('drop type if exists %s cascade', oid::regtype)
      from pg_type where typtype in ('d', 'e', 'r') and typnamespace in (select oid from users)
    union all
    select 'large object ' || oid, format('select lo_unlink(%s)', oid) from pg_largeobject_metadata`);
  return rows;
}
