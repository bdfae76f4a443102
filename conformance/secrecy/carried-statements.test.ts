/** A rule about a kind of statement holds for every such statement, whatever carries it: on a real server, nothing is done. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stage, startStage } from "../support/stage.ts";

const policy = `package test
deny "nobody deletes" if query.kind == "delete"
approve by "dba" if query.kind == "update"
limit rows 2 if query.kind == "select"`;

let stage: Stage;
let client: Client;

beforeAll(async () => {
  const setup = "create table items as select i as id, 'new' as state from generate_series(1, 5) i";
  stage = await startStage({ setup, policy });
  client = await stage.enter("ann");
});

afterAll(() => stage?.stop());

test.each([
  ["delete from items", "nobody deletes"],
  ["prepare p as delete from items", "nobody deletes"],
  ["explain analyze delete from items", "nobody deletes"],
  ["copy (delete from items returning id) to stdout", "nobody deletes"],
  ["with d as (delete from items returning id) select * from d", "nobody deletes"],
  ["create table gone as with d as (delete from items returning id) select * from d", "nobody deletes"],
  ["prepare p as update items set state = 'x'", "needs approval of dba"],
  ["explain analyze update items set state = 'x'", "needs approval of dba"],
])("%s", async (sql, message) => {
  await expect(client.query(sql)).rejects.toMatchObject({ code: "42501", message });
  const { rows } = await client.query("select count(*)::int as kept, min(state) as state from items");
  expect(rows).toEqual([{ kept: 5, state: "new" }]);
});

test("reads that are carried are limited as they would be alone, and work", async () => {
  await client.query("begin");
  await client.query("declare c cursor for select id from items order by id");
  expect((await client.query("fetch all from c")).rows).toEqual([{ id: 1 }, { id: 2 }]);
  await client.query("rollback");
  await client.query("prepare s as select id from items order by id");
  expect((await client.query("execute s")).rows).toEqual([{ id: 1 }, { id: 2 }]);
  expect((await client.query("explain (costs off) select id from items")).rows.length).toBeGreaterThan(0);
});
