/** The shop on MariaDB behind the proxy with the packs, a tap in between, and what must not come back. */
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { createMysqlShop } from "../demo/mysql-shop.ts";
import { smallShop } from "../noninterference/twin-databases.ts";
import { type HiddenValues, readHiddenColumns } from "./hidden-values.ts";
import { startMariadb } from "./mariadb-server.ts";
import { type Proxied, type ProxiedLogin, startProxied } from "./proxied.ts";
import { type GuardedUser, guardedPeople, hiddenColumns } from "./shop-under-guard.ts";
import { startTap, type Tap } from "./tap.ts";

export interface MysqlShopUnderGuard {
  readonly proxied: Proxied;
  readonly tap: Tap;
  readonly hidden: HiddenValues;
  /** The owner of the shop, at the server itself. */
  readonly owner: ProxiedLogin;
  /** A login at the tap. */
  readonly as: (user: GuardedUser) => ProxiedLogin;
  readonly stop: () => Promise<void>;
}

export async function startMysqlShopUnderGuard(): Promise<MysqlShopUnderGuard> {
  const server = await startMariadb();
  try {
    const shop = await createMysqlShop(server, smallShop);
    const owner = await createConnection(shop);
    // People write addresses into tickets, which people may read: not what is looked for here.
    await owner.query("update support_tickets set body = 'Please help.'");
    const hidden = await readHiddenColumns(hiddenColumns, (table, column) => valuesOf(owner, table, column));
    await owner.end();
    const proxied = await startProxied({ databases: [{ ...shop, engine: "mariadb" }], users: guardedPeople });
    const tap = await startTap(proxied.port);
    return {
      proxied,
      tap,
      hidden,
      owner: shop,
      as: (user) => ({ ...proxied.as(user), port: tap.port }),
      async stop() {
        await tap.stop();
        await proxied.stop();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function valuesOf(owner: Connection, table: string, column: string): Promise<string[]> {
  const sql = "select distinct cast(?? as char) as value from ?? where ?? is not null";
  const [rows] = await owner.query<(RowDataPacket & { readonly value: string })[]>(sql, [column, table, column]);
  return rows.map(({ value }) => value);
}
