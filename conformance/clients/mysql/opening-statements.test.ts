/** What tools say before anybody has asked for anything works for whom data is hidden from too, and shows nothing of it. */
import { readFileSync } from "node:fs";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MysqlShopUnderGuard, startMysqlShopUnderGuard } from "../../support/mysql-shop-under-guard.ts";

const statements = readFileSync(new URL("opening-statements.sql", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("-- "));

let shop: MysqlShopUnderGuard;
beforeAll(async () => {
  shop = await startMysqlShopUnderGuard();
});
afterAll(() => shop?.stop());

test.each(["analyst", "dba"] as const)("of the %s", async (user) => {
  expect(statements.length).toBeGreaterThan(70);
  shop.tap.clear();
  const client = await createConnection(shop.as(user));
  const refused: string[] = [];
  for (const sql of statements) {
    await client.query(sql).catch((error: unknown) => refused.push(`${sql}: ${String(error)}`));
  }
  client.destroy();
  expect(refused).toEqual([]);
  const seen = shop.hidden.findIn(shop.tap.received());
  expect(seen.length > 0).toBe(user === "dba");
});

test("a table of information_schema that the server does not have fails by itself, and the next statement works", async () => {
  const client = await createConnection(shop.as("dba"));
  const both = "select * from information_schema.CONSTRAINT_TABLE_USAGE, information_schema.CONSTRAINT_COLUMN_USAGE";
  // After a function of somebody's own, which may have made temporary tables, the server is asked what the names mean.
  await expect(client.query("select nobodys(1)")).rejects.toMatchObject({ errno: 1305 });
  for (let turn = 0; turn < 2; turn++) {
    await expect(client.query(both)).rejects.toMatchObject({ errno: 1146 });
    await expect(client.query("select count(*) from orders")).resolves.toBeDefined();
  }
  client.destroy();
});
