/** Large INSERTs, which are decided by a few of their rows: all of them arrive, and none that a policy minds is overlooked. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stage, startStage } from "../support/stage.ts";

const policies = `package test
filter public.tickets as row where row.region != "hidden"
filter public.parcels as row where {
    row.weight < 100
    row.region != "hidden"
}
mask public.people.ssn with null()
`;

const setup = `
create table tickets (id int primary key, region text);
create table parcels (id int primary key, region text, weight int, note text);
create table people (id int primary key, ssn text, city text);
create table plain (id int primary key, note text);
`;

const database = "imports";
let stage: Stage;
let client: Client;

beforeAll(async () => {
  stage = await startStage({ database, setup, policy: policies });
  client = await stage.enter("ann");
});
afterAll(() => stage?.stop());

const rowsSent = 3_000;
let nextId = 1;

/** @param second of each row */
function insert(table: string, from: number, second: (index: number) => string, count = rowsSent): string {
  const rows = Array.from({ length: count }, (_, index) => `(${from + index}, ${second(index)})`);
  return `insert into ${table} values ${rows.join(", ")}`;
}

test("every row of an import arrives as it was sent, and the record holds the whole text", async () => {
  const second = (index: number) => (index % 3 === 0 ? "null" : `'it''s “${index}”'`);
  for (const from of [0, rowsSent]) {
    const text = insert("plain (id, note)", from, second);
    expect((await client.query(text)).rowCount).toBe(rowsSent);
    const record = stage.proxied.auditLines().findLast(({ event }) => event === "statement");
    expect(record?.["text"]).toBe(text);
  }
  const { rows } = await client.query("select count(*)::int, count(note)::int as notes, max(note) from plain");
  expect(rows).toEqual([{ count: 2 * rowsSent, notes: (2 * rowsSent * 2) / 3, max: `it's “998”` }]);
});

test("a server's error in the middle of an import points at its place", async () => {
  const text = insert("plain (id, note)", 50_000, (index) => (index === 1_234 ? "'x', 'too many'" : "'x'"));
  await expect(client.query(text)).rejects.toMatchObject({
    code: "42601",
    position: String(text.indexOf("51234") + 1),
  });
});

test("a row that the filter would hide is refused wherever it stands, and an import without one is not", async () => {
  const count = 500;
  await client.query(insert("tickets", 0, () => "'north'", count));
  for (const bad of [0, count / 2, count - 1]) {
    const text = insert("tickets", 10_000, (index) => (index === bad ? "'hidden'" : "'north'"), count);
    await expect(client.query(text)).rejects.toMatchObject({ code: "42501" });
  }
  const { rows } = await client.query("select count(*)::int from tickets");
  expect(rows).toEqual([{ count }]);
});

test.each([
  ["a value of the first column", "('hidden', 1, '')"],
  ["one of the second", "('north', 100, '')"],
  ["a number as text", "('north', '100', '')"],
  ["a fraction that is rounded", "('north', 99.5, '')"],
  ["a number of many digits", "('north', 0000000000100, '')"],
  ["NULL", "('north', null, '')"],
  ["DEFAULT", "(default, 1, '')"],
  ["another layout", "( 'hidden'\n,\t1 , 'it''s' )"],
  ["no plain row", "('hid' || 'den', 1, '')"],
])("a row that is hidden by %s is refused among rows of its kind", async (_, bad) => {
  const others = Array.from({ length: 400 }, (_unused, index) => {
    const note = index % 2 === 0 ? `'“${index}”'` : "null";
    return `('region ${index % 7}', ${index % 90}, ${note}), ('x', '7', ''), ('', 2.25, default)`;
  });
  const columns = "insert into parcels (region, weight, note, id) values";
  const numbered = (rows: readonly string[]) =>
    `${columns} ${rows.join(", ").replaceAll(/\)(?=, \(|$)/g, () => `, ${nextId++})`)}`;
  for (const at of [0, 200, 400]) {
    await expect(client.query(numbered(others.toSpliced(at, 0, bad)))).rejects.toMatchObject({
      code: "42501",
      message: "the new row would be hidden from you by the filter of public.parcels",
    });
  }
  expect((await client.query(`${numbered(others)} returning id`)).rowCount).toBe(1_200);
  expect((await client.query("delete from parcels")).rowCount).toBe(1_200);
});

test("a server's error in an import into a filtered table points at its place", async () => {
  const second = (index: number) => (index === 1_234 ? "'ü', 'too many'" : `'ü ${index % 5}'`);
  const text = insert("tickets (id, region)", 50_000, second);
  await expect(client.query(text)).rejects.toMatchObject({
    code: "42601",
    position: String(text.indexOf("51234") + 1),
  });
});

test("an import into a masked column is refused, into the others not", async () => {
  await expect(client.query(insert("people (id, ssn)", 0, () => "'1'"))).rejects.toMatchObject({ code: "42501" });
  await client.query(insert("people (id, city)", 0, () => "'Kiel'"));
});

test("a rule that reads the text reads all of it", async () => {
  stage.proxied.setPolicies('package test\ndeny "not that word" if contains(query.text, "unspeakable")');
  await client.query(insert("plain (id, note)", 80_000, () => "'x'"));
  const text = insert("plain (id, note)", 90_000, (index) => (index === 2_000 ? "'unspeakable'" : "'x'"));
  await expect(client.query(text)).rejects.toMatchObject({ code: "42501" });
});
