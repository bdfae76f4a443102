/**
 * Every attack of MySQL's corpus, against a real MariaDB, by everybody who may try it: nothing hidden comes back, nothing hidden is stored where
 * it can be read later, the answers do not depend on what is hidden, what is refused is refused by name, and the harmless twin works.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, errorsOf, everything, meaning } from "../../noninterference/mysql/answers.ts";
import { firstDifference } from "../../noninterference/check.ts";
import { MysqlConversation } from "../../support/mysql-conversation.ts";
import type { ProxiedDatabase } from "../../support/proxied.ts";
import { type AttackCase, readAttacks } from "../corpus.ts";
import type { Attacker } from "../people.ts";
import { type Grounds, openGrounds } from "./grounds.ts";

let grounds: Grounds;
beforeAll(async () => {
  grounds = await openGrounds();
});
afterAll(() => grounds?.stop());

const trials = readAttacks(new URL("./", import.meta.url)).flatMap((attack) =>
  attack.as
    .filter((attacker) => attacker !== "agent")
    .map((attacker) => ({
      attack,
      attacker,
      title: `${attack.file}, class ${attack.class}: ${attack.name}, as ${attacker}`,
    })),
);
const modes = ["text", "prepared"] as const;
const denied = 1142;
/** No statement of the corpus needs the order of its rows. */
const unordered = { isOrdered: false };

describe.each(trials)("$title", ({ attack, attacker }) => {
  test("gives away nothing", () =>
    prepared(attack, attacker, async () => {
      const tried = attacker === attack.as[0] ? modes : modes.slice(-1);
      const before = onlyReads(attack) ? undefined : await grounds.stored(attacker);
      for (const mode of tried) await tryAttack(attack, attacker, mode);
      if (before === undefined) return;
      const stored = [...(await grounds.stored(attacker))].filter((place) => !before.has(place));
      expect(stored).toEqual([]);
    }));

  test.each(attack.refused === undefined ? [] : [{ refused: attack.refused }])(
    "what cannot be answered so is refused",
    ({ refused }) =>
      prepared(attack, attacker, () =>
        inSession(attacker, grounds.of(attacker).shop, async (client, database) => {
          for (const sql of refused) {
            for (const mode of modes) {
              const answer = await ask(client, database, { mode, sql, parameters: [] });
              expect({ sql, errors: errorsOf([answer]) }).toEqual({ sql, errors: [denied] });
              // The server's own words for what its login may not do.
              expect(`${sql}: ${answer.packets.join(" ")}`).not.toContain("command denied");
            }
          }
        }),
      ),
  );

  test("its harmless twin works", () =>
    prepared(attack, attacker, () =>
      inSession(attacker, grounds.of(attacker).shop, async (client, database) => {
        let rows = 0;
        for (const sql of attack.twin) {
          const answer = await ask(client, database, { mode: "text", sql, parameters: [] });
          const errors = answer.packets
            .filter((packet) => packet[0] === 0xff)
            .map((packet) => packet.toString("utf8", 9));
          expect([sql, ...errors]).toEqual([sql]);
          rows += meaning(unordered, [answer]).filter((line) => line.startsWith("row ")).length;
        }
        expect(rows).toBeGreaterThan(0);
      }),
    ));
});

test("the search finds what it looks for where nothing is hidden", async () => {
  const { shop } = grounds.of("analyst");
  const client = await MysqlConversation.open(shop);
  const packets = [];
  for (const table of ["customers", "employees", "tickets"])
    packets.push(...(await client.query(`select * from ${table}`)));
  client.close();
  expect(grounds.hidden.findIn(Buffer.concat(packets)).length).toBeGreaterThan(50);
});

/** Then nothing is stored, and nothing is to be made anew. */
function onlyReads({ setup, attack, refused = [], twin }: AttackCase): boolean {
  const reading =
    /^(?:\(*select|show|with|explain|describe|values|table|set @|set session|set names|do)\b(?!.*\b(?:insert|update|delete|create|nextval)\b)/i;
  return setup === undefined && [...attack, ...refused, ...twin].every((sql) => reading.test(sql));
}

/** Statement by statement, so that a failure names the one that gave something away. */
async function tryAttack(
  { attack, comparable }: AttackCase,
  attacker: Attacker,
  mode: (typeof modes)[number],
): Promise<void> {
  const { shop, twin, masked } = grounds.of(attacker);
  const [ofShop, ofTwin, direct] = await Promise.all([
    grounds.enter(attacker, shop),
    grounds.enter(attacker, twin),
    MysqlConversation.open(masked),
  ]);
  const plansDiffer = attacker === "regional";
  try {
    for (const sql of attack) {
      grounds.tap.clear();
      const [answer, other] = await Promise.all([
        ask(ofShop, shop.database, { mode, sql, parameters: [] }),
        ask(ofTwin, twin.database, { mode, sql, parameters: [] }),
      ]);
      expect([sql, ...grounds.hidden.findIn(grounds.tap.received())]).toEqual([sql]);
      const [mine, others] = [answer, other].map((one) => everything(unordered, [one], plansDiffer));
      expect([sql, firstDifference(mine ?? [], others ?? [])]).toEqual([sql, undefined]);
      // What was refused did nothing, and must not be done there either.
      if (!comparable || errorsOf([answer]).length > 0) continue;
      const plain = await ask(direct, masked.database, { mode, sql, parameters: [] });
      if (errorsOf([plain]).length > 0) continue;
      const difference = firstDifference(meaning(unordered, [answer]), meaning(unordered, [plain]));
      expect([sql, difference]).toEqual([sql, undefined]);
    }
  } finally {
    for (const client of [ofShop, ofTwin, direct]) client.close();
  }
}

/** With what the case needs in all databases, and without what was made in them afterwards. */
async function prepared(attack: AttackCase, attacker: Attacker, work: () => Promise<void>): Promise<void> {
  const { setup = [], undo = [] } = attack;
  if (onlyReads(attack)) return work();
  await grounds.asOwner(attacker, setup);
  if (setup.length > 0) await grounds.proxied.refreshCatalogs();
  try {
    await work();
  } finally {
    await grounds.asOwner(attacker, undo);
    await grounds.restore(attacker);
  }
}

async function inSession(
  attacker: Attacker,
  database: ProxiedDatabase,
  work: (client: MysqlConversation, database: string) => Promise<void>,
): Promise<void> {
  const client = await grounds.enter(attacker, database);
  try {
    await work(client, database.database);
  } finally {
    client.close();
  }
}
