/** Three databases of one MariaDB: the shop, its twin, and one in which the masked values stand in the tables and hidden rows do not. */
import { type Connection, createConnection } from "mysql2/promise";
import type { MariadbServer } from "../../support/mariadb-server.ts";
import type { ProxiedDatabase } from "../../support/proxied.ts";
import { shopStatements, type World } from "./shop.ts";

export type TwinShops = Readonly<Record<World, ProxiedDatabase>>;

/** Under this name statements know their database, whichever it is. */
export const writtenDatabase = "shop_a";

/** Nothing may change by itself, what joins too much is given up, and plans know nothing of what values there are. */
export const twinServerOptions = [
  "--innodb-stats-auto-recalc=0",
  "--use-stat-tables=preferably",
  "--max-statement-time=2",
  "--innodb-lock-wait-timeout=1",
  "--character-set-server=utf8mb4",
  "--collation-server=utf8mb4_general_ci",
] as const;

/** @param prefix of the databases' names: a server can hold several shops. All names have the length of `writtenDatabase`. */
export async function createTwinShops(
  server: MariadbServer,
  prefix: string,
  rowsAreHidden: boolean,
): Promise<TwinShops> {
  const { host, port, user, password } = server;
  const names: Readonly<Record<World, string>> = { shop: `${prefix}_a`, twin: `${prefix}_b`, masked: `${prefix}_c` };
  const owner = await createConnection({ host, port, user, password });
  for (const [world, name] of Object.entries(names) as [World, string][])
    await makeShop(owner, name, world, rowsAreHidden);
  await owner.end();
  const login = (database: string): ProxiedDatabase => ({ engine: "mariadb", host, port, user, password, database });
  return { shop: login(names.shop), twin: login(names.twin), masked: login(names.masked) };
}

/** Makes one of them, or makes it anew. */
export async function makeShop(owner: Connection, name: string, world: World, rowsAreHidden: boolean): Promise<void> {
  for (const sql of [`drop database if exists ${name}`, `create database ${name}`, `use ${name}`])
    await owner.query(sql);
  for (const sql of shopStatements(world, rowsAreHidden)) await owner.query(sql);
}
