/** UPDATE and DELETE through the rewriter on a real MariaDB: what they leave is what they leave where the hidden data never was. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changed, deniedChanges } from "./changes.ts";
import { createDatabases, type Databases, run } from "./databases.ts";
import { hidden, hiddenOrders } from "./schema.ts";

let databases: Databases;
beforeAll(async () => {
  databases = await createDatabases();
});
afterAll(async () => {
  await databases?.end();
});

function rewritten(text: string): string {
  const verdict = databases.decide(text);
  if (verdict.action !== "forward") throw new Error(`${verdict.action}: ${verdict.reason.message}`);
  return verdict.text;
}

/** What a statement answers, and which rows it leaves of what is seen and of what is not. */
async function effect(connection: Databases["raw"], text: string) {
  const seen = "select id, name, city from customers union all select id, status, note from orders where region = 'EU'";
  const unseen = `select * from orders where ${hiddenOrders}`;
  await connection.query("start transaction");
  try {
    const [answer] = await connection.query({ sql: text, rowsAsArray: true });
    const [rows] = await connection.query(seen);
    const [others] = await connection.query(unseen);
    const affected = Array.isArray(answer) ? answer : (answer as { affectedRows: number }).affectedRows;
    return { affected, rows: JSON.stringify(rows), others: JSON.stringify(others) };
  } catch (error) {
    const [others] = await connection.query(unseen);
    return { affected: error instanceof Error ? error.message : "", rows: "", others: JSON.stringify(others) };
  } finally {
    await connection.query("rollback");
  }
}

describe("a change does to rows that are seen what it does where nothing is hidden, and nothing to others", () => {
  test.each(changed)("%s", async (text) => {
    const before = await effect(databases.raw, "do 1");
    const done = await effect(databases.raw, rewritten(text));
    const expected = await effect(databases.masked, text);
    expect({ ...done, others: "" }).toEqual({ ...expected, others: "" });
    expect(done.others).toBe(before.others);
    expect(JSON.stringify(done.affected)).not.toMatch(hidden);
  });
});

test("and a change that is not rewritten is seen to reach more", async () => {
  const text = "update orders set status = 'x'";
  expect(await effect(databases.raw, text)).not.toEqual(await effect(databases.masked, text));
});

describe("what cannot be done while masks and filters apply is denied with its reason, and a harmless twin is not", () => {
  test.each(deniedChanges)("%s", async (text, reason, twin) => {
    const verdict = databases.decide(text);
    if (verdict.action !== "deny") throw new Error(`${verdict.action}: ${JSON.stringify(verdict)}`);
    expect(verdict.reason.message).toMatch(reason);
    expect(verdict.reason.message).not.toMatch(hidden);
    expect((await run(databases.raw, rewritten(twin))).kind).not.toBe("error");
  });
});
