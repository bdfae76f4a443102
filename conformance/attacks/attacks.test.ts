/**
 * Every attack of the corpus, against real servers, by everybody who may try it: nothing hidden comes back, nothing hidden is stored where it
 * can be read later, the answers do not depend on what is hidden, what is refused is refused by name, and the harmless twin works.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Message, sqlstates, WireClient } from "../support/wire-client.ts";
import { difference, errorsOf, isAnswer, rowsOf, ways } from "./answers.ts";
import { type AttackCase, readAttacks } from "./corpus.ts";
import { dropNewObjects, type Grounds, openGrounds, type Shops, storedIn } from "./grounds.ts";
import type { Attacker } from "./people.ts";

let grounds: Grounds;

beforeAll(async () => {
  grounds = await openGrounds();
});

afterAll(() => grounds?.stop());

/** Whose schema is another than the proxy has read. Reading it takes most of the time here: once before each case is enough. */
const isChanged = new Set<Shops>();
const trials = readAttacks().flatMap((attack) =>
  attack.as.map((attacker) => ({ attack, attacker, title: titleOf(attack, attacker) })),
);

describe.each(trials)("$title", ({ attack, attacker }) => {
  test("gives away nothing", () =>
    prepared(attack, attacker, async (shops) => {
      // What the owner has stored is the owner's business.
      const before = attack.setup === undefined ? shops.stored : await storedIn(shops);
      // How bytes are sent is one question, who sends them another: one way is enough for whoever comes second.
      const all = Object.values(ways);
      const tried = attacker === attack.as[0] ? all : all.slice(-1);
      for (const make of tried) await tryAttack(attack, attacker, shops, make);
      const after = await storedIn(shops);
      const stored = after.flatMap((found, index) => [...found].filter((one) => before[index]?.has(one) !== true));
      expect(stored).toEqual([]);
    }));

  // By the policies and the engine: what the database's login may do besides is its owner's business.
  test.each(attack.refused === undefined ? [] : [{ refused: attack.refused }])(
    "what cannot be answered so is refused",
    ({ refused }) =>
      prepared(attack, attacker, async ({ shop }) => {
        await asAttacker(attacker, shop, async (client) => {
          for (const sql of refused) {
            for (const make of Object.values(ways)) {
              const answered = sqlstates(await client.exchange(make(sql)));
              const decided = grounds.proxied.lastAuditLine("statement")?.["decision"];
              expect({ sql, answered, decided }).toEqual({ sql, answered: ["42501"], decided: "deny" });
            }
          }
        });
      }),
  );

  test("its harmless twin works", () =>
    prepared(attack, attacker, ({ shop }) =>
      asAttacker(attacker, shop, async (client) => {
        let rows = 0;
        for (const sql of attack.twin) {
          const answer = await client.query(sql);
          expect({ sql, errors: errorsOf(answer) }).toEqual({ sql, errors: [] });
          rows += answer.filter(({ type }) => type === "D" || type === "d").length;
        }
        expect(rows).toBeGreaterThan(0);
      }),
    ));
});

test("a row that its maker would not see is refused with the reason, and no word of how", async () => {
  await asAttacker("regional", grounds.of("regional").shop, async (client) => {
    for (const sql of [
      "update orders set total = 1 where id > 0",
      "update orders set total = nullif(total, total) where id > 0",
    ]) {
      const [error] = errorsOf(await client.query(sql));
      expect(error).toMatch(/42501 .*the new row would be hidden from you by the filter of public\.orders/);
      expect(error).not.toMatch(/penstock|boolean/);
    }
  });
});

test.each(["analyst", "regional"] as const)(
  "the search finds what it looks for where nothing is hidden (%s)",
  async (attacker) => {
    const { shop, hidden } = grounds.of(attacker);
    const client = await WireClient.connect(shop);
    client.record();
    for (const table of ["customers", "accounts", "payroll", '"Kunden-Daten"']) await client.query(`table ${table}`);
    client.close();
    expect(hidden.findIn(client.received()).length).toBeGreaterThan(100);
  },
);

function titleOf({ file, class: number, name }: AttackCase, attacker: Attacker): string {
  return `${file}, class ${number}: ${name}, as ${attacker}`;
}

/** Statement by statement, so that a failure names the one that gave something away. */
async function tryAttack(
  { attack, comparable }: AttackCase,
  attacker: Attacker,
  { shop, twin, masked, hidden }: Shops,
  make: (sql: string) => Buffer,
): Promise<void> {
  const open = [shop, twin].map((database) => WireClient.connect(grounds.as(attacker, database)));
  const [ofShop, ofTwin] = (await Promise.all(open)) as [WireClient, WireClient];
  const direct = masked !== undefined && comparable ? await WireClient.connect(masked) : undefined;
  try {
    for (const sql of attack) {
      grounds.tap.clear();
      const [answer, twinAnswer] = await Promise.all([ofShop.exchange(make(sql)), ofTwin.exchange(make(sql))]);
      // Both databases hide values; those of the first are known, and the second has marks in its hidden rows.
      expect({ sql, hidden: hidden.findIn(grounds.tap.received()) }).toEqual({ sql, hidden: [] });
      // Nor does the answer depend on them.
      expect({ sql, difference: difference(answer, twinAnswer) }).toEqual({ sql, difference: undefined });
      if (direct === undefined) continue;
      if (!isAnswer(answer)) {
        // What was refused did nothing, and must not be done there either; but it ended the transaction.
        if (statusOf(answer) === "E") await direct.query("refused");
        continue;
      }
      const plain = await direct.exchange(make(sql));
      expect({ sql, rows: rowsOf(answer) }).toEqual({ sql, rows: rowsOf(isAnswer(plain) ? plain : answer) });
    }
  } finally {
    for (const client of [ofShop, ofTwin, direct]) client?.close();
  }
}

/** With what the case needs in all databases, and without what was made in them afterwards. */
async function prepared(
  { setup = [], undo = [] }: AttackCase,
  attacker: Attacker,
  work: (shops: Shops) => Promise<void>,
): Promise<void> {
  const shops = grounds.of(attacker);
  const runEverywhere = async (statements: readonly string[]) => {
    for (const owner of shops.owners) {
      for (const sql of statements) await owner.query(sql);
    }
  };
  await runEverywhere(setup);
  const wasChanged = isChanged.delete(shops);
  if (setup.length > 0 || wasChanged) await grounds.proxied.refreshCatalogs([shops.shop, shops.twin]);
  try {
    await work(shops);
  } finally {
    await runEverywhere(undo);
    if ((await dropNewObjects(shops)) || setup.length > 0) isChanged.add(shops);
  }
}

async function asAttacker<T>(
  attacker: Attacker,
  database: Shops["shop"],
  work: (client: WireClient) => Promise<T>,
): Promise<T> {
  const client = await WireClient.connect(grounds.as(attacker, database));
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** As the server tells it: `I` idle, `T` in a transaction, `E` in one that has failed. */
const statusOf = (messages: readonly Message[]) => messages.at(-1)?.body.toString("latin1");
