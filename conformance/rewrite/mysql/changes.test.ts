/** UPDATE and DELETE through the rewriter on a real MariaDB: what they leave is what they leave where the hidden data never was. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusedMysqlRow } from "../../../engine/src/sql/mysql/rewrite/failing-values.ts";
import { changed, deniedChanges, refusedRows, unsteady } from "./changes.ts";
import { createDatabases, type Databases, run } from "./databases.ts";
import { effect } from "./effect.ts";
import { hidden } from "./schema.ts";

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

describe("a change does to rows that are seen what it does where nothing is hidden, and nothing to others", () => {
  test.each(changed)("%s", async (text) => {
    const before = await effect(databases.raw, "do 1");
    const done = await effect(databases.raw, rewritten(text));
    const expected = await effect(databases.masked, text);
    expect({ ...done, unseen: "", message: "" }).toEqual({ ...expected, unseen: "", message: "" });
    expect(done.unseen).toBe(before.unseen);
    expect(JSON.stringify(done.answer) ?? "").not.toMatch(hidden);
  });
});

test("and a change that is not rewritten is seen to reach more", async () => {
  const text = "update orders set status = 'x'";
  expect(await effect(databases.raw, text)).not.toEqual(await effect(databases.masked, text));
});

describe("what would make a row that its maker does not see is refused by the server, and nothing is left of it", () => {
  test.each(refusedRows)("%s", async (text) => {
    const before = await effect(databases.raw, "do 1");
    for (const mode of ["default", "''", "'TRADITIONAL,ANSI,NO_BACKSLASH_ESCAPES,EMPTY_STRING_IS_NULL'"]) {
      await databases.raw.query(`set sql_mode = ${mode}`);
      const done = await effect(databases.raw, ...rewritten(text).split("; "));
      await databases.raw.query("set sql_mode = default");
      expect(refusedMysqlRow(done.message) ?? done.message).toMatch(/^the new row, .* is hidden from you/);
      expect({ ...done, message: "", error: 0 }).toEqual({ ...before, message: "", error: 0, answer: undefined });
    }
  });
});

describe("a value is stored as it was checked, though it would be another the next time", () => {
  test.each(unsteady)("%s", async (text) => {
    const before = await effect(databases.raw, "do 1");
    for (let turn = 0; turn < 8; turn++) {
      const done = await effect(databases.raw, rewritten(text));
      expect(done.unseen).toBe(before.unseen);
    }
  });
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

describe("RETURNING shows what is inserted as it would be read, under the names that it would have", () => {
  test.each([
    ["insert into customers (id, name) values (9, 'x') returning *", "select * from customers where id = 9"],
    [
      "insert into shop.customers (id, name) values (9, 'x') returning ssn, customers.ssn, concat(name, coalesce(email, 'none')), email as mail",
      "select ssn, customers.ssn, concat(name, coalesce(email, 'none')), email as mail from customers where id = 9",
    ],
    ["insert into orders (id, region) values (9, 'EU') returning *", "select * from orders where id = 9"],
  ])("%s", async (text, read) => {
    const { raw } = databases;
    await raw.query("start transaction");
    try {
      const returned = await raw.query({ sql: rewritten(text), rowsAsArray: true });
      const selected = await raw.query({ sql: rewritten(read), rowsAsArray: true });
      const namesOf = (fields: readonly { readonly name: string }[]) => fields.map(({ name }) => name);
      expect(returned[0]).toEqual(selected[0]);
      expect(namesOf(returned[1])).toEqual(namesOf(selected[1]));
    } finally {
      await raw.query("rollback");
    }
  });
});
