/** Changes of schema fire event triggers, which only a superuser can make: what these tell must not be what is hidden from who makes the change. */
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Stage, startStage } from "../support/stage.ts";

const setup = `
create table people (id int, ssn text);
insert into people values (1, '078-hidden');
create table seen (tag text);
create function tells() returns event_trigger language plpgsql as $$begin raise notice '%', (select ssn from people); end$$;
create function keeps() returns event_trigger language plpgsql as $$begin insert into seen select ssn from people; end$$;
create function runs_text() returns event_trigger language plpgsql as $$begin execute 'insert into seen select ssn from people'; end$$;
create function notes() returns event_trigger language plpgsql as $$begin insert into seen values (tg_tag); end$$;
create event trigger tells on ddl_command_end when tag in ('ALTER TABLE', 'CREATE INDEX', 'ALTER MATERIALIZED VIEW', 'CREATE AGGREGATE') execute function tells();
create event trigger keeps on ddl_command_start when tag in ('CREATE TABLE AS', 'SELECT INTO', 'GRANT', 'REINDEX') execute function keeps();
create event trigger runs on sql_drop when tag in ('DROP VIEW') execute function runs_text();
create event trigger notes on ddl_command_end execute function notes();
create event trigger never on ddl_command_end when tag in ('CREATE SEQUENCE') execute function tells();
alter event trigger never disable;
`;
const policy = `package test
allow if true
mask public.people.ssn with null() if not "dba" in principal.groups
`;

let stage: Stage;
let ann: Client;
let dba: Client;

beforeAll(async () => {
  stage = await startStage({ setup, policy });
  [ann, dba] = [await stage.enter("ann"), await stage.enter("dba")];
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await dba.query("drop schema if exists own cascade");
  await dba.query(`set client_min_messages = error; create schema own
    create table things (id int, note text) create view of_things as select id from things`);
  await dba.query("create materialized view own.held as select id from own.things");
  await dba.query("truncate seen");
});

test.each([
  "create index on own.things (id)",
  "alter table own.things add column more int",
  "alter table own.things rename column note to notes",
  "alter table own.things rename to others",
  "alter table own.things set schema public",
  "create table own.copied as select 1 as id",
  "select 1 as id into own.copied",
  "alter materialized view own.held set (fillfactor = 50)",
  "grant select on own.things to public",
  "reindex table own.things",
  "drop view own.of_things",
])("%s is refused to whom that would be hidden, and runs for others", async (sql) => {
  await expect(ann.query(sql)).rejects.toThrow(/event trigger `(?:tells|keeps|runs)`/);
  await expect(dba.query(sql)).resolves.toBeDefined();
});

test.each([
  "create table own.fresh (id int)",
  "create view own.more as select note from own.things",
  "create sequence own.counting",
  "create type own.pair as (a int, b int)",
  "drop table own.things cascade",
])("%s runs: what it fires reads nothing of that", async (sql) => {
  await ann.query(sql);
  expect((await ann.query("select count(*)::int from seen where tag ~ '^(CREATE|DROP)'")).rows).toEqual([{ count: 1 }]);
});
