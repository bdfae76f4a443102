/** The shop on MariaDB: the same rows as on PostgreSQL. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Connection, createConnection } from "mysql2/promise";
import type { MariadbServer } from "../support/mariadb-server.ts";
import type { Shop } from "./shop.ts";
import { type ShopSize, shopData } from "./shop-data.ts";

/** Creates the database `shop`, its rows, and an account of that name which may do everything in it and nothing elsewhere. */
export async function createMysqlShop(
  { host, port, user, password }: MariadbServer,
  size?: ShopSize,
): Promise<Omit<Shop, "url">> {
  const shop = { host, port, database: "shop", user: "shop", password: randomBytes(12).toString("hex") };
  const server = await createConnection({ host, port, user, password });
  try {
    await server.query("create database shop character set utf8mb4");
    await server.query("create user shop@'%' identified by ?", [shop.password]);
    await server.query("grant all on shop.* to shop@'%'");
  } finally {
    await server.end();
  }
  // As the account itself: it is then the definer of the view.
  const owner = await createConnection({ ...shop, multipleStatements: true });
  try {
    await fillMysqlShop(owner, size);
  } finally {
    await owner.end();
  }
  return shop;
}

const rowsAtATime = 1000;

/** Creates the shop's tables in the session's database and fills them. The session takes several statements at once. */
async function fillMysqlShop(owner: Connection, size?: ShopSize): Promise<void> {
  await owner.query(readFileSync(new URL("../../policies/testdata/schema-mysql.sql", import.meta.url), "utf8"));
  await owner.query("begin");
  for (const [table, rows] of Object.entries(shopData(size))) {
    const columns = Object.keys(rows[0] ?? {});
    for (let from = 0; from < rows.length; from += rowsAtATime) {
      const values = rows.slice(from, from + rowsAtATime).map((row) => columns.map((name) => valueOf(row[name])));
      await owner.query("insert into ?? (??) values ?", [table, columns, values]);
    }
  }
  await owner.query("commit");
}

const instant = /^\d{4}-\d\d-\d\dT.*Z$/;

/** Instants without their zone: the shop keeps UTC. Lists and objects as JSON. */
function valueOf(value: unknown): unknown {
  if (typeof value === "string" && instant.test(value)) return value.slice(0, 19).replace("T", " ");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
