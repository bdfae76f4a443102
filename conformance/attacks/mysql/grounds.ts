/** Where attacks in MySQL's dialect are tried: shops and their twins in one MariaDB behind one proxy, with a tap in between. */
import { createSecretKey } from "node:crypto";
import { type Connection, createConnection } from "mysql2/promise";
import type { RowDataPacket } from "mysql2";
import { rulesFor } from "../../noninterference/mysql/laboratory.ts";
import { maskedValues, type World } from "../../noninterference/mysql/shop.ts";
import {
  createTwinShops,
  makeShop,
  type TwinShops,
  twinServerOptions,
} from "../../noninterference/mysql/twin-shops.ts";
import { type HiddenValues, hiddenValues } from "../../support/hidden-values.ts";
import { startMariadb } from "../../support/mariadb-server.ts";
import { MysqlConversation } from "../../support/mysql-conversation.ts";
import { type Proxied, type ProxiedDatabase, startProxied } from "../../support/proxied.ts";
import { startTap, type Tap } from "../../support/tap.ts";
import type { Attacker } from "../people.ts";

export interface Grounds {
  readonly proxied: Proxied;
  readonly tap: Tap;
  readonly hidden: HiddenValues;
  readonly of: (attacker: Attacker) => TwinShops;
  /** A session of an attacker, through the tap and the proxy. */
  readonly enter: (attacker: Attacker, database: ProxiedDatabase) => Promise<MysqlConversation>;
  /** The owner, at the server itself, in all databases of an attacker's. */
  readonly asOwner: (attacker: Attacker, statements: readonly string[]) => Promise<void>;
  /** In which places of the shop and its twin hidden values stand. */
  readonly stored: (attacker: Attacker) => Promise<ReadonlySet<string>>;
  /** Makes the shops anew where attackers have changed them. */
  readonly restore: (attacker: Attacker) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function openGrounds(): Promise<Grounds> {
  const server = await startMariadb(twinServerOptions);
  const ofColumns = await createTwinShops(server, "ship", false);
  const ofRows = await createTwinShops(server, "shop", true);
  const all = [ofColumns.shop, ofColumns.twin, ofRows.shop, ofRows.twin];
  const names = (shops: TwinShops) => [shops.shop.database, shops.twin.database];
  const rules = [
    ...rulesFor(names(ofColumns), false),
    ...rulesFor(names(ofRows), true),
    // Of a table that some attacks make.
    ...[ofColumns, ofRows].flatMap(names).map((database) => `mask ${database}.tokened.code with token() if true`),
  ];
  const proxied = await startProxied({
    databases: all,
    users: [
      { name: "analyst", kind: "human", groups: ["analyst"] },
      { name: "regional", kind: "human", groups: ["regional"] },
    ],
    tokenKey: createSecretKey("the key of attacked databases", "utf8"),
    policies: [{ path: "attacked.policy", text: ["package attacked", ...rules].join("\n") }],
  });
  const tap = await startTap(proxied.port);
  const of = (attacker: Attacker) => (attacker === "regional" ? ofRows : ofColumns);
  const owner: Connection = await createConnection({
    host: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
  });
  const hidden = hiddenValues(maskedValues());
  const first = new Map<string, string>();
  for (const shops of [ofColumns, ofRows]) {
    for (const { database } of Object.values(shops)) first.set(database, await stateOf(owner, database));
  }
  return {
    proxied,
    tap,
    hidden,
    of,
    enter: (attacker, { database }) => MysqlConversation.open({ ...proxied.as(attacker, database), port: tap.port }),
    async asOwner(attacker, statements) {
      for (const { database } of Object.values(of(attacker))) {
        await owner.query(`use ${database}`);
        for (const sql of statements) await owner.query(sql);
      }
    },
    async stored(attacker) {
      const places = new Set<string>();
      const { shop, twin } = of(attacker);
      for (const { database } of [shop, twin]) {
        for (const table of await tablesOf(owner, database)) {
          const [rows] = await owner.query<RowDataPacket[]>(
            `select * from \`${database}\`.\`${table.replaceAll("`", "``")}\``,
          );
          for (const found of hidden.findIn(Buffer.from(JSON.stringify(rows))))
            places.add(`${database}.${table}: ${found}`);
        }
      }
      return places;
    },
    async restore(attacker) {
      const worlds = Object.entries(of(attacker)) as [World, ProxiedDatabase][];
      const isSame = await Promise.all(
        worlds.map(async ([, { database }]) => (await stateOf(owner, database)) === first.get(database)),
      );
      const isChanged = isSame.includes(false);
      // All of them: what is made anew in one only would differ from the others by itself.
      if (isChanged) {
        for (const [world, { database }] of worlds) await makeShop(owner, database, world, attacker === "regional");
      }
      for (const made of ["elsewhere", "mine"]) await owner.query(`drop database if exists ${made}`);
      if (isChanged) await proxied.refreshCatalogs();
    },
    async stop() {
      await owner.end();
      await tap.stop();
      await proxied.stop();
      await server.stop();
    },
  };
}

async function tablesOf(owner: Connection, database: string): Promise<readonly string[]> {
  const [found] = await owner.query<RowDataPacket[]>(
    "select table_name as name from information_schema.tables where table_schema = ? and table_type = 'BASE TABLE' order by 1",
    [database],
  );
  return found.map(({ name }) => String(name));
}

/** What is in a database, in short: objects, columns, keys, rows and the next numbers. */
async function stateOf(owner: Connection, database: string): Promise<string> {
  const tables = (await tablesOf(owner, database)).map((table) => `\`${database}\`.\`${table.replaceAll("`", "``")}\``);
  const [sums] = tables.length === 0 ? [[]] : await owner.query(`checksum table ${tables.join(", ")}`);
  const [structure] = await owner.query(
    `select 'column', table_name, column_name, column_type, column_default from information_schema.columns where table_schema = ?
     union all select 'key', table_name, index_name, column_name, non_unique from information_schema.statistics where table_schema = ?
     union all select 'number', table_name, auto_increment, '', '' from information_schema.tables where table_schema = ?
     union all select 'view', table_name, view_definition, '', '' from information_schema.views where table_schema = ?
     union all select 'routine', routine_name, '', '', '' from information_schema.routines where routine_schema = ?
     union all select 'event', event_name, '', '', '' from information_schema.events where event_schema = ?
     union all select 'trigger', trigger_name, '', '', '' from information_schema.triggers where trigger_schema = ? order by 1, 2, 3, 4`,
    Array.from({ length: 7 }, () => database),
  );
  return JSON.stringify([sums, structure]);
}
