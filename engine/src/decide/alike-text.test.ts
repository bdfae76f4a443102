import { describe, expect, test } from "vitest";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import { alikeText, anyNumber, anyString } from "./alike-text.ts";

const columns = { id: "int8", status: "text", total: "numeric" };
const postgres = parseCatalogFixture({ tables: { "public.orders": { columns, primary_key: ["id"] } } });
const mariadb = parseCatalogFixture({
  engine: "mariadb",
  tables: { "shop.orders": { columns: { id: "bigint", status: "varchar(40)", total: "decimal(10,2)" } } },
});

const printed = (text: string | undefined) => text?.replaceAll(anyNumber, "?").replaceAll(anyString, "'?'");
const onPostgres = (text: string) => printed(alikeText(text, postgres, { searchPath: ["public"] }));
const onMariadb = (text: string) => printed(alikeText(text, mariadb, { searchPath: ["shop"] }));

describe("of PostgreSQL", () => {
  test.each([
    ["delete from orders where id = 3", "delete from orders where id = ?"],
    ["update orders set status = 'paid' where id in (1, 2)", "update orders set status = '?' where id in (?, ?)"],
    ["select total from orders where id = 3 limit 10", "select total from orders where id = ? limit 10"],
    ["delete from orders where id = $1", "delete from orders where id = $1"],
    [
      "update orders set status = $1 where id = $2 and total > 5",
      "update orders set status = $1 where id = $2 and total > ?",
    ],
    ["insert into orders (id, status) values ($1, 'new')", "insert into orders (id, status) values ($1, '?')"],
  ])("%s leaves open what is compared and stored", (text, alike) => {
    expect(onPostgres(text)).toBe(alike);
  });

  test.each([
    "select total from orders where id = 3 limit $1",
    "select total from orders order by id offset $1",
    "select $1 from orders",
    "select total from orders where id = $1::int8",
    "select total from orders where id = length($1)",
    "select total from orders where id = (select $1 from orders)",
    "delete from orders where id = 1; delete from orders where id = 2",
  ])("%s is alike to nothing but itself", (text) => {
    expect(onPostgres(text)).toBeUndefined();
  });
});

describe("of MariaDB", () => {
  test.each([
    ["delete from orders where id = 3", "delete from orders where id = ?"],
    ["select total from orders where id = 3 limit 10", "select total from orders where id = ? limit 10"],
    [
      "update orders set status = ? where id = ? and total > 5",
      "update orders set status = ? where id = ? and total > ?",
    ],
    ["insert into orders (id, status) values (?, 'new')", "insert into orders (id, status) values (?, '?')"],
  ])("%s leaves open what is compared and stored", (text, alike) => {
    expect(onMariadb(text)).toBe(alike);
  });

  test.each([
    "select total from orders where id = 3 limit ?",
    "select ? from orders",
    "select total from orders where id = cast(? as signed)",
    "select total from orders where id = length(?)",
  ])("%s is alike to nothing but itself", (text) => {
    expect(onMariadb(text)).toBeUndefined();
  });
});
