/** PostgreSQL passes over schemas of the search_path that the role may not use: a bare name then means what lies in a later one. */
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Stage, startStage } from "../support/stage.ts";

const setup = `
create table t (id int, word text);
insert into t values (1, 'not for ann');
create role target login password 'target' noinherit;
create role other;
grant other to target;
grant create on database shop to target;
grant select on t to target, other;
`;
const policy = `package test
allow if true
deny "t is not for you" if {
  some table in query.tables
  table.path == "public.t"
}
`;

let stage: Stage;
let client: Client;

beforeAll(async () => {
  stage = await startStage({ setup, policy, login: { user: "target", password: "target" } });
  client = await stage.enter("ann");
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await client.query("reset role");
  await client.query("drop schema if exists mine cascade");
  await client.query("create schema mine create table t (id int, word text)");
  await client.query("insert into mine.t values (2, 'her own')");
  await client.query("set search_path = mine, public");
});

const reads = ["select * from t", "table t", "select t.* from only t", "with x as (select * from t) select * from x"];

test.each(reads)("%s means a table of one's own while its schema may be used", async (sql) => {
  expect((await client.query(sql)).rows).toEqual([{ id: 2, word: "her own" }]);
});

test.each(reads)("%s does not come to mean another table with the right to use the schema", async (sql) => {
  await client.query("revoke usage on schema mine from target");
  await expect(client.query(sql)).rejects.toThrow("permission denied for schema mine");
});

test.each(reads)("%s does not come to mean another table with another role", async (sql) => {
  await client.query("set role other");
  await expect(client.query(sql)).rejects.toThrow("permission denied for schema mine");
});

test("nor in one text with what takes the schema away", async () => {
  await client.query("set search_path = public");
  await client.query("revoke usage on schema mine from target");
  await expect(client.query("set search_path = mine, public; select * from t")).rejects.toThrow(
    "permission denied for schema mine",
  );
  await expect(client.query("set search_path = mine, public; set role other; select * from t")).rejects.toThrow(
    "a name whose meaning",
  );
});

test("what the policies refuse stays refused", async () => {
  await expect(client.query("select * from public.t")).rejects.toThrow("t is not for you");
});
