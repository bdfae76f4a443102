/** Drivers from npm work through the proxy unchanged, and see masked values. */
import { connect } from "node:net";
import { Client, type QueryResult } from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ShopUnderGuard, startShopUnderGuard } from "../support/shop-under-guard.ts";

let shop: ShopUnderGuard;

beforeAll(async () => {
  shop = await startShopUnderGuard();
});

afterAll(() => shop?.stop());

beforeEach(() => shop.tap.clear());

type Row = Record<string, unknown>;

/** What the tests need of a driver: one session. */
interface Session {
  readonly query: (sql: string) => Promise<readonly Row[]>;
  /** Under a name or in the driver's own cache, so that the second call runs the statement that the first one prepared. */
  readonly prepared: (sql: string, values: readonly (string | number)[]) => Promise<readonly Row[]>;
  /** Begins the statement, then asks the server to cancel it; gives the statement's end. */
  readonly cancelled: (sql: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

async function nodePostgres(): Promise<Session> {
  const login = shop.as("analyst");
  const client = new Client(login);
  await client.connect();
  const rowsOf = ({ rows }: QueryResult<Row>) => rows;
  return {
    query: async (sql) => rowsOf(await client.query<Row>(sql)),
    prepared: async (text, values) => rowsOf(await client.query<Row>({ name: "again", text, values: [...values] })),
    async cancelled(sql) {
      const running = client.query(sql);
      const { processID, secretKey } = client as unknown as { readonly processID: number; readonly secretKey: number };
      // What libpq's PQcancel sends: a connection of its own with length, code 80877102 and the key.
      const request = Buffer.alloc(16);
      [16, 80_877_102, processID, secretKey].forEach((value, index) => request.writeInt32BE(value, index * 4));
      setTimeout(() => connect(login.port, login.host).end(request), 300);
      return running;
    },
    close: () => client.end(),
  };
}

async function postgresJs(): Promise<Session & { readonly copyOut: (sql: string) => Promise<string> }> {
  const { user, ...login } = shop.as("analyst");
  const sql = postgres({ ...login, username: user, max: 1, onnotice: () => undefined });
  return {
    query: async (text) => (await sql.unsafe<Row[]>(text)).slice(),
    prepared: async (text, values) => (await sql.unsafe<Row[]>(text, [...values], { prepare: true })).slice(),
    async cancelled(text) {
      const running = sql.unsafe(text);
      setTimeout(() => running.cancel(), 300);
      return running;
    },
    async copyOut(text) {
      const readable = await sql.unsafe(text).readable();
      const chunks: Buffer[] = [];
      for await (const chunk of readable) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks).toString();
    },
    close: () => sql.end(),
  };
}

const sqlstateOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: unknown) => (error as { readonly code?: string }).code,
  );

describe.each([
  ["node-postgres", nodePostgres],
  ["postgres.js", postgresJs],
])("%s", (_name, open) => {
  let session: Session;

  beforeAll(async () => {
    session = await open();
  });

  afterAll(() => session?.close());

  test("logs in with SCRAM and reads masked rows", async () => {
    const [row] = await session.query("select name, ssn, email, card_number from customers where id = 2");
    expect(row).toMatchObject({ name: "Chen Mbeki", ssn: "***", email: "c***@example.net" });
    expect(shop.hidden.findIn(shop.tap.received())).toEqual([]);
  });

  test("runs a prepared statement twice, with other values", async () => {
    const sql = "select id, ssn, birth_date::text as born from customers where id = $1 and city <> $2";
    for (const id of [2, 3]) {
      expect(await session.prepared(sql, [id, "nowhere"])).toMatchObject([{ id, ssn: "***" }]);
    }
    expect(shop.hidden.findIn(shop.tap.received())).toEqual([]);
  });

  test("goes on after an error in a transaction", async () => {
    await session.query("begin");
    expect(await sqlstateOf(session.query("select 1 / 0"))).toBe("22012");
    expect(await sqlstateOf(session.query("select 1"))).toBe("25P02");
    await session.query("rollback");
    expect(await session.query("select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("is told why a statement is refused, and goes on", async () => {
    const refusal = session.query("drop table customers");
    await expect(refusal).rejects.toMatchObject({ code: "42501", message: expect.stringContaining("DROP TABLE") });
    expect(await session.query("select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("cancels a statement and goes on", async () => {
    expect(await sqlstateOf(session.cancelled("select pg_sleep(20)"))).toBe("57014");
    expect(await session.query("select 1 as one")).toEqual([{ one: 1 }]);
  });
});

test("postgres.js copies masked rows out", async () => {
  const session = await postgresJs();
  const text = await session.copyOut("copy (select name, ssn from customers order by id) to stdout");
  await session.close();
  expect(text.split("\n")[1]).toBe("Chen Mbeki\t***");
  expect(shop.hidden.findIn(shop.tap.received())).toEqual([]);
});
