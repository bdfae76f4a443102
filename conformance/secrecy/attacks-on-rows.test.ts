/**
 * Every attack on filtered rows, against real servers: two databases whose hidden rows differ answer alike, and as one without them does; what
 * is refused is refused by name; the harmless twin works.
 */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Laboratory, openLaboratory, subjects } from "../noninterference/property.ts";
import { twinServerSettings } from "../noninterference/twin-databases.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import type { ProxiedDatabase } from "../support/proxied.ts";
import { type Message, sqlstates, WireClient } from "../support/wire-client.ts";
import { comparable, difference, errorsOf, ways } from "./answers.ts";
import { type AttackCase, readAttacksOnRows } from "./attack-corpus.ts";

let server: PostgresServer;
let laboratory: Laboratory;

beforeAll(async () => {
  server = await startPostgres({ settings: twinServerSettings });
  laboratory = await openLaboratory(server, "shop", subjects.regional);
  // As in real life, the server knows which values there are, those of hidden rows too.
  for (const database of databases()) await run(database, ["analyze"]);
});

afterAll(async () => {
  await laboratory?.stop();
  await server?.stop();
});

const databases = (): ProxiedDatabase[] => [laboratory.twins.shop, laboratory.twins.twin, laboratory.twins.masked];
const attacks = readAttacksOnRows();
const title = ({ class: number, name }: AttackCase) => `class ${number}: ${name}`;

describe.each(attacks.map((attack) => [title(attack), attack] as const))("%s", (_title, attack) => {
  test.each(Object.entries(ways))("tells nothing of hidden rows (%s)", async (_way, make) => {
    await prepare(attack.setup);
    const { shop, twin, masked } = laboratory.twins;
    const proxied = await Promise.all([shop, twin].map(({ database }) => connect(database)));
    const direct = await WireClient.connect(masked);
    try {
      for (const sql of attack.attack) {
        const [answer, other] = await Promise.all(proxied.map((client) => client.exchange(make(sql))));
        expect({ sql, difference: difference(answer ?? [], other ?? []) }).toEqual({ sql, difference: undefined });
        // What was refused did nothing, and must not be done there either.
        if (!isAnswer(answer ?? [])) continue;
        const plain = await direct.exchange(make(sql));
        const wanted = isAnswer(plain) ? plain : (answer ?? []);
        expect({ sql, rows: rowsOf(answer ?? []) }).toEqual({ sql, rows: rowsOf(wanted) });
      }
    } finally {
      for (const client of [...proxied, direct]) client.close();
      await cleanUp(attack);
    }
  });

  test.each(attack.refused === undefined ? [] : [attack.refused])(
    "what cannot be answered so is refused",
    async (...refused) => {
      await prepare(attack.setup);
      const client = await connect(laboratory.twins.shop.database);
      try {
        for (const sql of refused) {
          const answer = await client.query(sql);
          const decided = laboratory.proxied.auditLines().findLast(({ event }) => event === "statement")?.["decision"];
          expect({ sql, answered: sqlstates(answer), decided }).toEqual({ sql, answered: ["42501"], decided: "deny" });
        }
      } finally {
        client.close();
        await cleanUp(attack);
      }
    },
  );

  test("its harmless twin works", async () => {
    await prepare(attack.setup);
    const client = await connect(laboratory.twins.shop.database);
    try {
      let rows = 0;
      for (const sql of attack.twin) {
        const answer = await client.query(sql);
        expect({ sql, errors: errorsOf(answer) }).toEqual({ sql, errors: [] });
        rows += answer.filter(({ type }) => type === "D" || type === "d").length;
      }
      expect(rows).toBeGreaterThan(0);
    } finally {
      client.close();
      await cleanUp(attack);
    }
  });
});

test("a row that its maker would not see is refused with the reason, and no word of how", async () => {
  const client = await connect(laboratory.twins.shop.database);
  try {
    for (const sql of [
      "update orders set total = 1 where id > 0",
      "update orders set total = nullif(total, total) where id > 0",
    ]) {
      const [error] = errorsOf(await client.query(sql));
      expect(error).toMatch(/42501 .*the new row would be hidden from you by the filter of public\.orders/);
      expect(error).not.toMatch(/penstock|boolean/);
    }
  } finally {
    client.close();
  }
});

const connect = (database: string) => WireClient.connect(laboratory.proxied.as(subjects.regional.name, database));

/** Nothing failed: then the rows are what the database without hidden rows has, and those that it counts. */
function isAnswer(messages: readonly Message[]): boolean {
  return sqlstates(messages).length === 0;
}

function rowsOf(messages: readonly Message[]): string[] {
  return comparable(messages).filter((line) => /^[DdC] /.test(line));
}

async function run(database: ProxiedDatabase, statements: readonly string[]): Promise<void> {
  const client = new Client(database);
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}

async function prepare(statements: readonly string[] | undefined): Promise<void> {
  if (statements === undefined) return;
  for (const database of databases()) await run(database, statements);
  await laboratory.proxied.refreshCatalogs();
}

async function cleanUp({ undo }: AttackCase): Promise<void> {
  for (const database of databases()) {
    await run(database, [
      ...(undo ?? []),
      "drop function if exists peek(int)",
      "drop schema if exists evil cascade",
      "drop materialized view if exists m",
      "alter table customers drop constraint if exists c",
      "drop index if exists customers_country_idx, customers_expr_idx",
      "delete from products where id >= 900000",
    ]);
  }
  await laboratory.proxied.refreshCatalogs();
}
