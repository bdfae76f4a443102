/**
 * Every attack of the corpus, against a real server: nothing hidden comes back, nothing hidden is stored where it can be read later,
 * the answers do not depend on hidden values, and the harmless twin works.
 */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, type ShopUnderGuard, startShopUnderGuard } from "../support/shop-under-guard.ts";
import { sqlstates, type WireClient } from "../support/wire-client.ts";
import { difference, errorsOf, ways } from "./answers.ts";
import { type AttackCase, readAttacks } from "./attack-corpus.ts";
import { storedHidden } from "./stored.ts";

let shop: ShopUnderGuard;

beforeAll(async () => {
  shop = await startShopUnderGuard();
});

afterAll(() => shop?.stop());

const attacks = readAttacks();
const title = ({ file, class: number, name }: AttackCase) => `${file}, class ${number}: ${name}`;

describe.each(attacks.map((attack) => [title(attack), attack] as const))("%s", (_title, attack) => {
  test("gives away nothing", async () => {
    await prepare(attack.setup);
    try {
      // What the owner has stored is the owner's business.
      const before = new Set(await storedHidden(shop));
      for (const make of Object.values(ways)) await tryAttack(attack, make);
      const stored = (await storedHidden(shop)).filter((found) => !before.has(found));
      expect(stored).toEqual([]);
    } finally {
      await prepare(attack.undo);
      await cleanUp();
    }
  });

  // By the policies and the engine: what the database's login may do besides is its owner's business.
  test.each(attack.refused === undefined ? [] : [{ refused: attack.refused }])(
    "what acts on the server is refused",
    async ({ refused }) => {
      await prepare(attack.setup);
      const client = await shop.open(attack.as);
      try {
        for (const sql of refused) {
          for (const make of Object.values(ways)) {
            const answered = sqlstates(await client.exchange(make(sql)));
            const decided = shop.proxied.auditLines().findLast(({ event }) => event === "statement")?.["decision"];
            expect({ sql, answered, decided }).toEqual({ sql, answered: ["42501"], decided: "deny" });
          }
        }
      } finally {
        client.close();
        await prepare(attack.undo);
        await cleanUp();
      }
    },
  );

  test("its harmless twin works", async () => {
    await prepare(attack.setup);
    const client = await shop.open(attack.as);
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
      await prepare(attack.undo);
      await cleanUp();
    }
  });
});

test("the corpus has three variants of a class at least, and a twin for each case", () => {
  const variants = new Map<number, number>();
  for (const attack of attacks) {
    variants.set(attack.class, (variants.get(attack.class) ?? 0) + attack.attack.length);
  }
  expect([...variants].filter(([, count]) => count < 3)).toEqual([]);
});

/** Statement by statement, so that a failure names the one that gave something away. */
async function tryAttack(attack: AttackCase, make: (sql: string) => Buffer): Promise<void> {
  const clients = await Promise.all(
    [shop.twins.shop, shop.twins.twin].map(({ database }) => shop.open(attack.as, database)),
  );
  const [ofShop, ofTwin] = clients as [WireClient, WireClient];
  try {
    for (const sql of attack.attack) {
      shop.tap.clear();
      const [answer, twinAnswer] = await Promise.all([ofShop.exchange(make(sql)), ofTwin.exchange(make(sql))]);
      // Both databases hide values; those of the first are known.
      expect({ sql, hidden: shop.hidden.findIn(shop.tap.received()) }).toEqual({ sql, hidden: [] });
      // Nor does the answer depend on them.
      expect({ sql, difference: difference(answer, twinAnswer) }).toEqual({ sql, difference: undefined });
    }
  } finally {
    for (const client of clients) client.close();
  }
}

async function prepare(statements: readonly string[] | undefined): Promise<void> {
  if (statements === undefined) return;
  for (const database of [shop.twins.shop, shop.twins.twin]) {
    for (const sql of statements) await run(database, sql);
  }
  await shop.proxied.refreshCatalogs();
}

/** Attackers leave tables and schemas behind. */
async function cleanUp(): Promise<void> {
  for (const database of [shop.twins.shop, shop.twins.twin]) {
    const client = new Client(database);
    await client.connect();
    try {
      const left = await client.query<{ drop: string }>(
        `select format('drop %s if exists %s cascade',
            case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, oid::regclass) as drop
          from pg_class where relkind in ('r', 'v', 'm', 'S', 'p') and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
            and relname not in (select unnest($1::text[]))`,
        [shop.tables],
      );
      for (const { drop } of left.rows) await client.query(drop);
      const schemas = await client.query<{ drop: string }>(
        "select format('drop schema %I cascade', nspname) as drop from pg_namespace where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')",
      );
      for (const { drop } of schemas.rows) await client.query(drop);
    } finally {
      await client.end();
    }
  }
  await shop.proxied.refreshCatalogs();
}
