import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { startMariadb } from "../support/mariadb-server.ts";
import { createMysqlShop } from "./mysql-shop.ts";
import { createShop, type Shop } from "./shop.ts";

let server: PostgresServer;
let shop: Shop;
let client: Client;

beforeAll(async () => {
  server = await startPostgres();
  shop = await createShop(server);
  client = new Client({ connectionString: shop.url });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const rowsOf = async (sql: string) => (await client.query<Record<string, unknown>>(sql)).rows;

test("the shop is the same in every run", async () => {
  expect(
    await rowsOf("select name, email, ssn, card_number, birth_date::text from customers where id = 7"),
  ).toMatchInlineSnapshot(`
    [
      {
        "birth_date": "1986-04-08",
        "card_number": "4000 0043 0885 8681",
        "email": "carlos.wirth7@example.org",
        "name": "Carlos Wirth",
        "ssn": "423-00-3779",
      },
    ]
  `);
  expect(await rowsOf("select md5(string_agg(c::text, '' order by id)) from customers c")).toMatchInlineSnapshot(`
    [
      {
        "md5": "4a97d4a3a4aedd52a7305d5e6810c346",
      },
    ]
  `);
});

test("every table has rows, and what they hold looks like what it stands for", async () => {
  const tables = await rowsOf(
    "select relname as name from pg_class where relkind in ('r', 'p', 'v') and relnamespace = 'public'::regnamespace",
  );
  expect(tables).toHaveLength(11);
  for (const { name } of tables) {
    const [row] = await rowsOf(`select count(*) > 0 as filled from ${String(name)}`);
    expect({ name, ...row }).toEqual({ name, filled: true });
  }
  expect(
    await rowsOf(
      "select count(*)::int as odd from customers where ssn !~ '^\\d{3}-00-\\d{4}$' or card_number !~ '^4000 00\\d\\d \\d{4} \\d{4}$'",
    ),
  ).toEqual([{ odd: 0 }]);
  expect(
    await rowsOf(`select count(*)::int as odd from orders o where total <>
      (select sum(quantity * unit_price) from order_items i where i.order_id = o.id)`),
  ).toEqual([{ odd: 0 }]);
});

test("its owner is no superuser", async () => {
  expect(
    await rowsOf("select current_user::text as user, rolsuper from pg_roles where rolname = current_user"),
  ).toEqual([{ user: "shop", rolsuper: false }]);
});

test("is the same on MariaDB, and its owner may do nothing elsewhere", async () => {
  const mariadb = await startMariadb();
  try {
    const owner = await createConnection({ ...(await createMysqlShop(mariadb)), dateStrings: true });
    const count = "select count(*) as `rows`, count(distinct id) as ids";
    for (const table of ["customers", "products", "orders", "employees", "support_tickets", "customer_overview"]) {
      const [own] = await owner.query(`${count} from ${table}`);
      const postgres = await rowsOf(`select count(*)::int as rows, count(distinct id)::int as ids from ${table}`);
      expect({ table, rows: own }).toEqual({ table, rows: postgres });
    }
    const row = "select name, email, ssn, credit_limit, is_vip, preferences, created_at from customers where id = 7";
    const [rows] = await owner.query(row);
    expect(rows).toMatchInlineSnapshot(`
      [
        {
          "created_at": "2020-04-25 05:16:58",
          "credit_limit": "2600.00",
          "email": "carlos.wirth7@example.org",
          "is_vip": 1,
          "name": "Carlos Wirth",
          "preferences": {
            "language": "es",
            "newsletter": false,
          },
          "ssn": "423-00-3779",
        },
      ]
    `);
    await expect(owner.query("create database elsewhere")).rejects.toThrow("Access denied");
    await owner.end();
  } finally {
    await mariadb.stop();
  }
});
