import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
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
