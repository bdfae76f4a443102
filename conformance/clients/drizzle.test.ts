/** An ORM that writes its own SQL, with lateral joins and JSON aggregates for relations: unchanged through the proxy, and masked. */
import { asc, count, eq, relations } from "drizzle-orm";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ShopUnderGuard, startShopUnderGuard } from "../support/shop-under-guard.ts";

const customers = pgTable("customers", {
  id: integer().primaryKey(),
  name: text().notNull(),
  ssn: text(),
  email: text(),
});
const orders = pgTable("orders", {
  id: integer().primaryKey(),
  customerId: integer("customer_id").references(() => customers.id),
});
const schema = {
  customers,
  orders,
  ofCustomer: relations(customers, ({ many }) => ({ orders: many(orders) })),
  ofOrder: relations(orders, ({ one }) => ({
    customer: one(customers, { fields: [orders.customerId], references: [customers.id] }),
  })),
};

let shop: ShopUnderGuard;
let pool: Pool;
let database: NodePgDatabase<typeof schema>;

beforeAll(async () => {
  shop = await startShopUnderGuard();
  pool = new Pool({ ...shop.as("analyst"), max: 2 });
  database = drizzle(pool, { schema });
});

afterAll(async () => {
  await pool?.end();
  await shop?.stop();
});

test("a select with a join, sorted and paged", async () => {
  const rows = await database
    .select({ name: customers.name, ssn: customers.ssn, orders: count(orders.id) })
    .from(customers)
    .leftJoin(orders, eq(orders.customerId, customers.id))
    .groupBy(customers.id)
    .orderBy(asc(customers.id))
    .limit(2)
    .offset(1);
  expect(rows[0]).toMatchObject({ name: "Chen Mbeki", ssn: "***", orders: expect.any(Number) });
});

test("relations both ways", async () => {
  const found = await database.query.customers.findMany({
    with: { orders: true },
    orderBy: asc(customers.id),
    limit: 3,
  });
  expect(found.map(({ ssn }) => ssn)).toEqual(["***", "***", "***"]);
  expect(found.flatMap((each) => each.orders.map(({ customerId }) => customerId === each.id))).not.toContain(false);
  const [order] = await database.query.orders.findMany({ with: { customer: true }, limit: 1 });
  expect(order?.customer?.ssn).toBe("***");
});

test("a prepared statement, with two values", async () => {
  const byId = database.query.customers
    .findFirst({ where: (row, { eq: is, sql }) => is(row.id, sql.placeholder("id")) })
    .prepare("by_id");
  for (const id of [2, 3]) {
    // oxlint-disable-next-line no-await-in-loop -- the second runs what the first has prepared
    expect(await byId.execute({ id })).toMatchObject({ id, ssn: "***" });
  }
});

test("a transaction with a savepoint that is rolled back, and a denial within", async () => {
  await database.transaction(async (outer) => {
    const inner = outer.transaction(async (nested) => nested.execute("drop table customers"));
    await expect(inner).rejects.toMatchObject({ cause: { code: "42501" } });
    expect(await outer.$count(customers)).toBe(16);
  });
});

test("nothing hidden came back in any of these", () => {
  expect(shop.tap.received().length).toBeGreaterThan(1000);
  expect(shop.hidden.findIn(shop.tap.received())).toEqual([]);
});
