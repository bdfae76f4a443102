/**
 * Triggers that keep a history put hidden values of the rows that are changed into other tables. They run for those from whom the values are
 * hidden too, and what they have kept is hidden from these as the values are. What a trigger does besides must not tell of them.
 */
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Stage, startStage } from "../support/stage.ts";

const setup = `
create schema audit;
create table people (id int primary key, name text not null, ssn varchar(11), salary int, city text);
create table audit.log (id bigserial primary key, action text check (action in ('INSERT', 'UPDATE', 'DELETE')), tab text not null,
  at timestamptz not null default now(), by_whom text default current_user, was jsonb, is_now jsonb);
create table kept (op char(1) not null, stamp timestamptz not null, userid text not null, id int, name text, ssn varchar(11), salary int, city text);
create table columns_kept (person int, old_name text, old_ssn text, new_ssn text);
create table texts_kept (what text);
create view log_shown as select action, was, is_now from audit.log;
create function log_of(n bigint) returns jsonb language sql stable security definer set search_path = pg_catalog as 'select l.was from audit.log l where l.id = n';
create table told (k int, word text);
create table narrow (ssn varchar(5));
create table checked (ssn text check (ssn not like '4%'));
create table single (ssn text unique);
create table filled (ssn text not null);
create table numbered (n int);
create table watched (ssn text);
create function tells_of_watched() returns trigger language plpgsql as $$begin insert into told values (1, substr(new.ssn, 1, 1)); return new; end$$;
create trigger tells before insert on watched for each row execute function tells_of_watched();
create function keeps_nothing() returns trigger language plpgsql as 'begin return new; end';
`;
const policy = `package test
mask public.people.ssn with partial(0, 4) if not "dba" in principal.groups
mask public.people.salary with null() if not "dba" in principal.groups
filter public.kept as row where row.op == "U" if not "dba" in principal.groups
`;
const numbers = ["423-00-3779", "078-05-1120"] as const;

let stage: Stage;
let ann: Client;
let dba: Client;

beforeAll(async () => {
  stage = await startStage({ setup, policy });
  [ann, dba] = [await stage.enter("ann"), await stage.enter("dba")];
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await dba.query("truncate people, audit.log, kept, columns_kept, texts_kept, told restart identity");
  await dba.query(
    `insert into people values (1, 'Ada', '${numbers[0]}', 90210, 'Lyon'), (2, 'Bob', '${numbers[1]}', null, 'Rome')`,
  );
});
afterEach(async () => {
  await ann.query("rollback");
  await dba.query("set search_path = public");
  await dba.query("drop function if exists keeps() cascade");
});

async function trigger(body: string, when = "after insert or update or delete"): Promise<void> {
  await dba.query(`create function keeps() returns trigger language plpgsql as $f$${body}$f$`);
  await dba.query(`create trigger keeps ${when} on people for each row execute function keeps()`);
}

const wholeRows = `begin
  if tg_op = 'DELETE' then
    insert into audit.log (action, tab, was) values (tg_op, tg_table_name, to_jsonb(old)); return old;
  elsif tg_op = 'UPDATE' and new is distinct from old then
    insert into audit.log (action, tab, was, is_now) values (tg_op, tg_table_name, to_jsonb(old), row_to_json(new)); return new;
  end if;
  insert into audit.log (action, tab, is_now) select tg_op, tg_table_name, jsonb_build_object('row', to_jsonb(new) - 'city');
  return new;
end`;
const byVariables = `declare before jsonb := to_jsonb(old); later jsonb; as_was jsonb;
begin
  later := to_jsonb(new) || '{"x": 1}';
  as_was := before;
  insert into audit.log (action, tab, was, is_now) values (tg_op, tg_table_schema || '.' || tg_table_name, as_was, later);
  return null;
end`;
const inCase = `begin
  insert into audit.log (action, tab, was, is_now) values (tg_op, tg_relid::regclass::text,
    case when tg_op in ('UPDATE', 'DELETE') then to_jsonb(old) end, case tg_op when 'DELETE' then null else to_jsonb(new) end);
  return coalesce(new, old);
end`;

describe("rows as JSON", () => {
  test.each([
    ["in a statement for each kind of change", wholeRows],
    ["by way of variables", byVariables],
    ["as CASE has it", inCase],
  ])("%s are kept for all and shown to those who may see them", async (_, body) => {
    await trigger(body);
    expect((await ann.query("update people set city = 'Paris' where id = 1 returning ssn, city")).rows).toEqual([
      { ssn: "*******3779", city: "Paris" },
    ]);
    await ann.query("delete from people where id = 2");
    const kept = await dba.query(
      "select action, was ->> 'ssn' as ssn, is_now ->> 'city' as city from audit.log order by id",
    );
    expect(kept.rows).toEqual([
      { action: "UPDATE", ssn: numbers[0], city: "Paris" },
      { action: "DELETE", ssn: numbers[1], city: null },
    ]);
    const shown = await ann.query(
      "select action, tab is null as without, by_whom is null as nobody, was, is_now from audit.log order by id",
    );
    const hidden = { without: false, nobody: false, was: null, is_now: null };
    expect(shown.rows).toEqual([
      { action: "UPDATE", ...hidden },
      { action: "DELETE", ...hidden },
    ]);
  });

  test("nor are they shown by a view, a function, a copy, a condition or COPY", async () => {
    await trigger(wholeRows);
    await ann.query("update people set city = 'Paris'");
    for (const sql of [
      "table log_shown",
      "select * from audit.log where was ->> 'ssn' like '4%'",
      "select count(*) from audit.log where was is not null",
      "select l from audit.log l",
      "create temporary table copied as table audit.log; table copied",
      "select log_of(1)",
      "update people set city = (select was ->> 'ssn' from audit.log limit 1) where id = 1 returning city",
      "select most_common_vals, histogram_bounds from pg_stats where tablename = 'log'",
      "alter table audit.log rename to others; table audit.others",
      "begin; alter table audit.log rename column was to x; select x from audit.log",
      "rollback; create table audit.more (like audit.log); insert into audit.more table audit.log; table audit.more",
    ]) {
      const text = await ann.query(sql).then(
        (result) => JSON.stringify([result].flat().map(({ rows }) => rows)),
        (error: unknown) => String(error),
      );
      for (const number of numbers) expect(text).not.toContain(number);
      expect(text).not.toContain("90210");
    }
    await ann.query("alter table audit.others rename to log").catch(() => undefined);
  });

  test("stay hidden when the table, or its columns, get other names", async () => {
    await trigger(wholeRows);
    await ann.query("update people set city = 'Paris'");
    await dba.query("alter table audit.log rename to renamed");
    await dba.query("alter table audit.renamed rename column was to x");
    expect((await ann.query("select distinct x, is_now from audit.renamed")).rows).toEqual([{ x: null, is_now: null }]);
    await dba.query("alter table audit.renamed rename column x to was");
    await dba.query("alter table audit.renamed rename to log");
  });

  test("stay hidden while the trigger is disabled, and nobody drops it to whom they would be shown then", async () => {
    await trigger(wholeRows);
    await ann.query("update people set city = 'Paris'");
    await dba.query("alter table people disable trigger keeps");
    expect((await ann.query("select distinct was from audit.log")).rows).toEqual([{ was: null }]);
    for (const sql of [
      "drop trigger keeps on people",
      "drop function keeps cascade",
      "drop table people",
      "drop table people cascade",
    ])
      await expect(ann.query(sql)).rejects.toThrow(/hidden from you/);
    await expect(dba.query("drop trigger keeps on people")).resolves.toBeDefined();
  });
});

describe("columns", () => {
  test("in the order of the table are kept, and masked as those that they come from", async () => {
    await trigger(
      "begin insert into kept select substr(tg_op, 1, 1), now(), current_user, old.*; return null; end",
      "after update",
    );
    await ann.query("update people set city = 'Paris' where id = 1");
    expect((await dba.query("select op, id, ssn, salary, city from kept")).rows).toEqual([
      { op: "U", id: 1, ssn: numbers[0], salary: 90210, city: "Lyon" },
    ]);
    expect((await ann.query("select op, userid is null as nobody, id, ssn, salary, city from kept")).rows).toEqual([
      { op: "U", nobody: false, id: 1, ssn: "*******3779", salary: null, city: "Lyon" },
    ]);
    await expect(ann.query("alter table kept drop column op")).rejects.toThrow(/hidden from you/);
  });

  test("by their names are kept, and masked as those that they come from", async () => {
    await trigger(
      "begin insert into columns_kept (person, old_name, old_ssn, new_ssn) values (old.id, old.name, old.ssn, new.ssn); return new; end",
      "before update",
    );
    await ann.query("update people set name = 'Eve' where id = 1");
    expect((await dba.query("select * from columns_kept")).rows).toEqual([
      { person: 1, old_name: "Ada", old_ssn: numbers[0], new_ssn: numbers[0] },
    ]);
    expect((await ann.query("select * from columns_kept")).rows).toEqual([
      { person: 1, old_name: "Ada", old_ssn: "*******3779", new_ssn: "*******3779" },
    ]);
  });

  test.each([
    "old::text",
    "format('%s of %s', old, tg_op)",
    "'was ' || old.ssn",
    "concat(old.*)",
    "row_to_json(old)::text",
    "old",
  ])("as a text, by %s, are kept and not shown", async (value) => {
    await trigger(
      `begin insert into texts_kept values (${value === "old" ? "row_to_json(old)" : value}); return null; end`,
      "after update",
    );
    await ann.query("update people set city = 'Paris' where id = 1");
    expect((await dba.query("select what from texts_kept")).rows[0].what).toContain(numbers[0]);
    expect((await ann.query("select what from texts_kept")).rows).toEqual([{ what: null }]);
  });
});

describe("is refused where more comes of it", () => {
  test.each([
    [
      "a notice by a variable",
      "declare v text := old.ssn; begin insert into texts_kept values (v); raise notice '%', v; return new; end",
    ],
    ["the row by the function's name", "begin insert into told values (1, keeps.old.ssn); return new; end"],
    [
      "a variable by its block's label",
      "<<b>> declare v text := old.ssn; begin insert into told values (1, b.v); insert into texts_kept values (v); return new; end",
    ],
    ["an alias of the row", "declare o alias for old; begin insert into told values (1, o.ssn); return new; end"],
    [
      "an alias of a variable",
      "declare v text; w alias for v; begin v := old.ssn; insert into texts_kept values (v); raise notice '%', w; return new; end",
    ],
    [
      "a condition",
      "begin if old.ssn like '4%' then insert into texts_kept values (old::text); end if; return new; end",
    ],
    [
      "a condition on a variable",
      "declare v text := old.ssn; begin insert into texts_kept values (v); if v like '4%' then return null; end if; return new; end",
    ],
    [
      "a change of the row",
      "declare v text := old.ssn; begin insert into texts_kept values (v); new.city := v; return new; end",
    ],
    [
      "a value that decides between constants",
      "begin insert into told values (1, case when old.ssn like '4%' then 'four' else 'other' end); return new; end",
    ],
    [
      "a value that decides whether there is a row",
      "begin insert into texts_kept select old::text where old.ssn like '4%'; return new; end",
    ],
    ["a value that may fail", "begin insert into numbered values (1 / (length(old.ssn) - 11)); return new; end"],
    ["a cast that may fail", "begin insert into numbered values (old.ssn::int); return new; end"],
    ["a text that may be too long", "begin insert into narrow values (old.ssn); return new; end"],
    ["a check", "begin insert into checked values (old.ssn); return new; end"],
    ["a unique column", "begin insert into single values (old.ssn); return new; end"],
    ["a column that takes no NULL", "begin insert into filled values (old.ssn); return new; end"],
    ["a table with a trigger of its own", "begin insert into watched values (old.ssn); return new; end"],
    ["ON CONFLICT", "begin insert into single values (old.ssn) on conflict do nothing; return new; end"],
    [
      "RETURNING",
      "declare v text; begin insert into texts_kept values (old.ssn) returning what into v; raise notice '%', v; return new; end",
    ],
    ["a subquery", "begin insert into told select 1, (select max(old.ssn) from people); return new; end"],
    ["an update", "begin update told set word = old.ssn; return new; end"],
    ["a text that is run", "begin execute 'insert into told values (1, $1)' using old.ssn; return new; end"],
    [
      "a loop over the row",
      "declare k text; begin for k in select value from jsonb_each_text(to_jsonb(old)) loop insert into told values (1, k); end loop; return new; end",
    ],
  ])("%s", async (_, body) => {
    await trigger(body, "before update");
    await expect(ann.query("update people set city = 'Paris' where id = 1")).rejects.toMatchObject({ code: "42501" });
    const answer = await dba.query("update people set city = 'Paris' where id = 1").then(
      () => undefined,
      (error: unknown) => (error as { readonly code: string }).code,
    );
    expect(answer).not.toBe("42501");
  });

  test.each([
    [
      "a table of one's own in front of it",
      ["create schema front", "create table front.texts_kept (what text)", "set search_path = front, public"],
      /^ran$/,
    ],
    ["a temporary one", ["create temporary table texts_kept (what text)"], /hidden from you/],
    ["a schema in front of it", ["create schema front", "set search_path = front, public"], /hidden from you/],
    [
      "one of one's own that fails",
      [
        "create schema front",
        "create table front.texts_kept (what text check (what not like '4%'))",
        "set search_path = front, public",
      ],
      /hidden from you/,
    ],
    ["one that is made in the same text", [], /hidden from you|same text/],
  ])("%s", async (title, before, expected) => {
    await trigger("begin insert into texts_kept values (old.ssn); return new; end", "before update");
    const other = await stage.enter("ann");
    try {
      for (const sql of before) await other.query(sql);
      const first = title.endsWith("same text") ? "create temporary table texts_kept (what text); " : "";
      const update = "update people set city = 'Paris' where id = 1";
      const answer = await other.query(first + update).then(
        () => "ran",
        (error: unknown) => String(error),
      );
      const shown = await other.query("select what from texts_kept");
      expect(JSON.stringify(shown.rows)).not.toContain("423");
      expect(answer).toMatch(expected);
    } finally {
      await other.query("drop schema if exists front cascade; drop table if exists pg_temp.texts_kept");
      await other.end();
    }
  });
});
