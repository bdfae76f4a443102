import { describe, expect, test } from "vitest";
import { parseCatalogFixture } from "../../catalog/fixture.ts";
import type { StatementFacts } from "../facts.ts";
import { analyzePostgres } from "./analyze.ts";
import type { ResolvedStatement } from "./resolution.ts";

const catalog = parseCatalogFixture({
  tables: {
    "public.users": { columns: { id: "int8", name: "text", ssn: "text", email: "text" }, primary_key: ["id"] },
    "public.orders": { columns: { id: "int8", user_id: "int8", total: "numeric(10,2)" }, primary_key: ["id"] },
    "app.users": { columns: { id: "int8", ssn: "text", note: "text" } },
    'public."odd.name"': { columns: { ssn: "text", select: "text" } },
    "public.aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg": { columns: { ssn: "text" } },
    "pg_temp_3.scratch": { columns: { x: "int4" }, temporary: true },
  },
  views: { "public.v": "select id, upper(ssn) as code, email from users where name like 'a%'" },
  functions: { "public.f": {}, "app.lower": {}, "public.myeq": {}, "public.total_of": { kind: "aggregate" } },
  operators: [{ operator: "public.===", function: "public.myeq" }],
});

function resolve(sql: string, searchPath = ["public"]): readonly ResolvedStatement[] {
  const analyzed = analyzePostgres(sql, catalog, { searchPath });
  if (analyzed.kind !== "statements") throw new Error(`${analyzed.kind}: ${analyzed.message}`);
  return analyzed.statements;
}

function last(sql: string, searchPath?: string[]): ResolvedStatement {
  const statement = resolve(sql, searchPath).at(-1);
  if (statement === undefined) throw new Error("no statement");
  return statement;
}

function facts(sql: string, searchPath?: string[]): StatementFacts {
  return last(sql, searchPath).facts;
}

const path = (relation: { readonly path: string }): string => relation.path.replace(/^public\./, "");

/** `users.ssn:output,filter orders.id:join`, in the order of names. */
function columns(sql: string, searchPath?: string[]): string {
  return facts(sql, searchPath)
    .columns.map(({ relation, column, uses }) => `${path(relation)}.${column.name}:${[...uses].join(",")}`)
    .sort()
    .join(" ");
}

/** `name=users.ssn!` with `!` for a column that comes unchanged. */
function outputs(sql: string, searchPath?: string[]): string {
  return facts(sql, searchPath)
    .outputs.map(
      ({ name, sources, direct }) =>
        `${name}=${sources.map(({ relation, column }) => `${path(relation)}.${column.name}`).join("+")}${direct ? "!" : ""}`,
    )
    .join(" ");
}

function tables(sql: string, searchPath?: string[]): string {
  return facts(sql, searchPath)
    .tables.map(({ relation, access }) => `${path(relation)}:${[...access].join(",")}`)
    .join(" ");
}

describe("columns and outputs", () => {
  test.each([
    ["select ssn from users", "users.ssn:output", "ssn=users.ssn!"],
    ["select u.ssn as x from users u where u.id = 1", "users.id:filter users.ssn:output", "x=users.ssn!"],
    ["select upper(ssn) from users", "users.ssn:output,argument", "upper=users.ssn"],
    ["select ssn::text from users", "users.ssn:output", "ssn=users.ssn"],
    ["select ssn || name as x from users", "users.name:output users.ssn:output", "x=users.ssn+users.name"],
    ["select s from (select ssn as s from users) x", "users.ssn:output", "s=users.ssn!"],
    ["select 1 from (select ssn as s from users) x where s like '1%'", "users.ssn:filter", "?column?="],
    ["with c as (select ssn as s from users) select s from c order by s", "users.ssn:output,order", "s=users.ssn!"],
    ["with c(z) as (select ssn from users) select z from c", "users.ssn:output", "z=users.ssn!"],
    [
      "select email from users union select ssn from users",
      "users.email:output users.ssn:output",
      "email=users.email+users.ssn",
    ],
    ["select ssn from users union all select ssn from users", "users.ssn:output", "ssn=users.ssn!"],
    ["select (select ssn from users limit 1) as x", "users.ssn:output", "x=users.ssn!"],
    ["select 1 where exists (select ssn from users)", "users.ssn:", "?column?="],
    [
      "select case when ssn like '1%' then name end from users",
      "users.name:output users.ssn:output,condition",
      "case=users.ssn+users.name",
    ],
    ["select name from users order by ssn", "users.name:output users.ssn:order", "name=users.name!"],
    ["select ssn as name from users order by name", "users.ssn:output,order", "name=users.ssn!"],
    ["select ssn as name from users group by name, ssn", "users.name:group users.ssn:output,group", "name=users.ssn!"],
    ["select left(ssn, 1) from users group by 1", "users.ssn:output,group,argument", "left=users.ssn"],
    ["select distinct ssn from users", "users.ssn:output,group", "ssn=users.ssn!"],
    ["select count(*) from users having max(ssn) > '1'", "users.ssn:filter,argument", "count="],
    [
      "select row_number() over (partition by ssn order by name) from users",
      "users.name:output,order users.ssn:output,group",
      "row_number=users.ssn+users.name",
    ],
    [
      "select string_agg(name, ',') filter (where ssn > '1') from users",
      "users.name:output,argument users.ssn:output,filter",
      "string_agg=users.name+users.ssn",
    ],
    ["select x.ssn from users u, lateral (select u.ssn) x", "users.ssn:output", "ssn=users.ssn!"],
    ["select (select u.ssn) from users u", "users.ssn:output", "ssn=users.ssn!"],
    ["values ((select ssn from users limit 1))", "users.ssn:output", "column1=users.ssn"],
    ["select * from (values (1), (2)) t(ssn)", "", "ssn="],
    [
      "select o.id from users u join orders o on o.user_id = u.id",
      "orders.id:output orders.user_id:join users.id:join",
      "id=orders.id!",
    ],
    ["select id from users join orders using (id)", "orders.id:join users.id:output,join", "id=users.id!"],
    [
      "select id from users full join orders using (id)",
      "orders.id:output,join users.id:output,join",
      "id=users.id+orders.id",
    ],
    [
      "select j.ssn from (users natural join orders) j",
      "orders.id:join users.id:join users.ssn:output",
      "ssn=users.ssn!",
    ],
    ["select u.a from users u(a, b, c)", "users.id:output", "a=users.id!"],
    ["select ssn from generate_series(1, 2) g, users", "users.ssn:output", "ssn=users.ssn!"],
    ["select x from users, unnest(string_to_array(ssn, '-')) as x", "users.ssn:output,filter,argument", "x=users.ssn"],
    [
      "select j.a from users, json_table(ssn::jsonb, '$' columns (a text)) j",
      "users.ssn:output,filter,argument",
      "a=users.ssn",
    ],
    ["select code from v", "v.code:output", "code=v.code!"],
    ["select p from xmltable('/r' passing '<r/>' columns p text) x", "", "p="],
    ["select 1 from users limit (select max(ssn)::int from users)", "users.ssn:filter,argument", "?column?="],
    [
      "with recursive r(a, b) as (select id, name from users union all select r.a, r.b from r join users u on u.email = r.b) select b from r",
      "users.email:join users.id:output,join users.name:output,join",
      "b=users.id+users.name",
    ],
    ["select ssn from users tablesample system (1)", "users.ssn:output", "ssn=users.ssn!"],
    [
      "select nullif(ssn, '') as n, greatest(ssn, name) from users",
      "users.name:output,argument users.ssn:output,argument",
      "n=users.ssn greatest=users.ssn+users.name",
    ],
  ])("%s", (sql, expectedColumns, expectedOutputs) => {
    expect(columns(sql)).toBe(expectedColumns);
    expect(outputs(sql)).toBe(expectedOutputs);
    expect(facts(sql).opaque).toEqual([]);
    expect(facts(sql).unknown).toEqual([]);
  });
});

const wholeUser = "users.email:output users.id:output users.name:output users.ssn:output";
const wholeArgument =
  "users.email:output,argument users.id:output,argument users.name:output,argument users.ssn:output,argument";

describe("whole rows", () => {
  test.each([
    ["select * from users", wholeUser],
    ["table users", wholeUser],
    ["select u.* from users u", wholeUser],
    ["select u from users u", wholeUser],
    ["select u::text from users u", wholeUser],
    ["select users from users", wholeUser],
    ["select (u).* from users u", wholeUser],
    ["select row(u.*) from users u", wholeUser],
    ["select row_to_json(u) from users u", wholeArgument],
    ["select to_jsonb(u.*) from users u", wholeArgument],
    ["select array_agg(u) from users u", wholeArgument],
    ["select u.row_to_json from users u", wholeUser],
    ["select (u).ssn from users u", "users.email: users.id: users.name: users.ssn:output"],
    ["select ssn(u) from users u", "users.email: users.id: users.name: users.ssn:output"],
    ["select (x).ssn from (select u as x from users u) y", wholeUser],
    ["select x.* from (select * from users) x", wholeUser],
    ["select public.users.* from users", wholeUser],
  ])("%s touches every column that it can show", (sql, expected) => {
    expect(columns(sql)).toBe(expected);
  });

  test("a function's name wins over a column's where both could be meant", () => {
    expect(columns("select lower(u) from users u")).toBe(wholeArgument);
  });

  test("references to the row as a value are told to the rewriter, stars that expand are not", () => {
    const [read] = last("select u, row_to_json(u.*), u.* from users u").reads;
    expect(read?.wholeRows).toEqual([{ position: 7 }, { position: 22 }]);
  });
});

describe("names", () => {
  test.each([
    ["a CTE hides a table", "with users as (select 1 as ssn) select ssn from users", ""],
    [
      "a CTE without RECURSIVE reads the table of its own name",
      "with users as (select * from users) select 1 from users",
      "users:read",
    ],
    [
      "a quoted CTE name is another name than the table's",
      'with "Users" as (select 1) select ssn from users',
      "users:read",
    ],
    ["a schema reaches past a CTE", "with users as (select 1) select * from public.users", "users:read"],
    [
      "a CTE ends with its query",
      "select * from (with users as (select 1) select * from users) x, users",
      "users:read",
    ],
    [
      "an inner CTE hides an outer one",
      "with x as (select * from users) select * from (with x as (select 1) select * from x) y",
      "users:read",
    ],
    ["a dot inside quotes separates nothing", 'select ssn from "odd.name"', '"odd.name":read'],
    ["a Unicode escape is the name it spells", 'select * from U&"us\\0065rs"', "users:read"],
    ["names are folded to lower case", "select SSN from Users", "users:read"],
    ["quoted names are not", 'select 1 from "Users"', ""],
    [
      "names are cut at 63 bytes",
      "select ssn from aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggTAIL",
      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg:read",
    ],
    ["temporary relations come first", "select * from scratch", "pg_temp_3.scratch:read"],
    ["pg_temp names them", "select * from pg_temp.scratch", "pg_temp_3.scratch:read"],
    ["system relations come before the path", "select * from pg_class", "pg_catalog.pg_class:read"],
    ["a database name before the schema is dropped", "select * from shop.public.users", "users:read"],
  ])("%s", (_, sql, expected) => {
    expect(tables(sql)).toBe(expected);
  });

  test("the search_path decides which table is meant", () => {
    expect(tables("select ssn from users", ["app", "public"])).toBe("app.users:read");
    expect(tables("select ssn from users", ["public", "app"])).toBe("users:read");
    expect(facts("select ssn from users", ["nowhere"]).unknown).toEqual([
      { what: "relation", name: "users", position: 16 },
    ]);
  });

  test("an inner column hides an outer one, an inner relation that is not known may", () => {
    expect(columns("select (select ssn from app.users limit 1) from users")).toBe("app.users.ssn:output");
    expect(columns("select (select ssn from mystery) from users")).toBe("users.ssn:output");
  });

  test("keywords are names where they are quoted or stand as labels", () => {
    expect(columns('select "select" as delete from "odd.name"')).toBe('"odd.name".select:output');
  });

  test("what the catalog does not have is reported as the server would", () => {
    expect(facts("select nope from users").unknown).toEqual([{ what: "column", name: "nope", position: 7 }]);
    expect(facts("select u.nope from users u").unknown).toEqual([{ what: "column", name: "u.nope", position: 7 }]);
    expect(facts("select * from no.thing").unknown.map((name) => `${name.what} ${name.name}`)).toEqual([
      "schema no",
      "relation no.thing",
    ]);
    expect(facts("select z.id from users u").unknown).toEqual([{ what: "column", name: "z.id", position: 7 }]);
  });
});

describe("several statements of one text", () => {
  test.each([
    ["SET search_path applies to those after it", "set search_path = app; select ssn from users", "app.users:read"],
    [
      "so does set_config",
      "select set_config('search_path', 'app, public', false); select ssn from users",
      "app.users:read",
    ],
    ["a quoted list is one name", "set search_path = 'app, public'; select 1 from public.users", "users:read"],
    ["a table that was created is new", "create table n (ssn text); select ssn from n", "n:read"],
    [
      "a new temporary table hides a table",
      "create temp table users (x int); select * from users",
      "pg_temp.users:read",
    ],
    [
      "a dropped table gives way to the next of the path",
      "set search_path = public, app; drop table users; select ssn from users",
      "app.users:read",
    ],
  ])("%s", (_, sql, expected) => {
    expect(tables(sql)).toBe(expected);
    expect(facts(sql).opaque).toEqual([]);
  });

  test.each([
    "set search_path to default; select 1 from users",
    'set search_path = "$user", public; select 1 from users',
    "select set_config('search_path', current_user, false); select 1 from users",
    "select set_config('search_path', 'app', false) from orders; select 1 from users",
    "reset all; select 1 from users",
    "discard all; select 1 from users",
    "set role other; select 1 from users",
    "do $$ begin end $$; select 1 from users",
    "alter table users rename to x; alter table orders rename to users; select * from users",
    "alter table users rename column ssn to x; select x from users",
    "alter table users add column x text default 'y'; select x from users",
    "alter table users set schema app; select 1 from orders",
    "alter schema public rename to other; select 1 from orders",
    "drop schema app cascade; select 1 from users",
    "begin; set local search_path = app; commit; select 1 from users",
    "create extension x; select 1 from users",
  ])("%s: what the last statement reads is not known", (sql) => {
    expect(facts(sql).opaque.map((each) => each.construct)).toEqual([
      "a name whose meaning an earlier statement of the same text may have changed",
    ]);
  });

  test.each([
    "begin; select 1 from orders; commit; select 1 from users",
    "select 1 from orders; rollback; select 1 from users",
    "begin; commit; commit; select 1 from users",
  ])("%s: the end of a transaction leaves the path as it was", (sql) => {
    expect(tables(sql)).toBe("users:read");
  });

  test.each(["commit", "rollback", "begin; commit", "rollback to s"])(
    "%s takes back what earlier texts have changed in the transaction",
    (end) => {
      const analyzed = analyzePostgres(`${end}; select 1 from users`, catalog, {
        searchPath: ["public"],
        mayRevert: true,
      });
      if (analyzed.kind !== "statements") throw new Error(analyzed.kind);
      expect(analyzed.statements.at(-1)?.facts.opaque).toHaveLength(1);
    },
  );

  test("each statement has its byte range", () => {
    const text = "select 'é'; select 2 ;";
    const bytes = Buffer.from(text);
    expect(resolve(text).map(({ facts: { start, end } }) => bytes.toString("utf8", start, end))).toEqual([
      "select 'é'",
      "select 2 ",
    ]);
  });
});

describe("statements that change data", () => {
  test.each([
    [
      "insert into users (id, ssn) select id, ssn from app.users",
      "users:insert app.users:read",
      "app.users.id:output app.users.ssn:output users.id:write users.ssn:write",
    ],
    ["insert into users values (1, 'x')", "users:insert", "users.id:write users.name:write"],
    [
      "insert into users (id) values (1) on conflict (id) do update set ssn = excluded.email where users.name = 'x'",
      "users:insert,update",
      "users.id:write,condition users.name:filter users.ssn:write",
    ],
    [
      "insert into users (id, email) select id, ssn from app.users on conflict (id) do update set name = excluded.email",
      "users:insert,update app.users:read",
      "app.users.id:output app.users.ssn:output,argument users.email:write users.id:write,condition users.name:write",
    ],
    ["update users set name = ssn where id = 1", "users:update", "users.id:filter users.name:write users.ssn:argument"],
    [
      "update users u set name = o.total::text from orders o where o.user_id = u.id",
      "users:update orders:read",
      "orders.total:argument orders.user_id:filter users.id:filter users.name:write",
    ],
    [
      "update users set (name, ssn) = (select note, ssn from app.users limit 1) where id = 1",
      "users:update app.users:read",
      "app.users.note:argument app.users.ssn:argument users.id:filter users.name:write users.ssn:write",
    ],
    [
      "update users set name = 'x' where id = 1 returning old.ssn, new.email",
      "users:read,update",
      "users.email:output users.id:filter users.name:write users.ssn:output",
    ],
    [
      "delete from users where id = 1 returning with (old as o) o.ssn",
      "users:read,delete",
      "users.id:filter users.ssn:output",
    ],
    [
      "delete from users using orders o where o.user_id = users.id",
      "users:delete orders:read",
      "orders.user_id:filter users.id:filter",
    ],
    [
      "merge into users u using orders o on u.id = o.user_id when matched and u.ssn = 'x' then update set name = o.total::text when not matched then insert (id) values (o.id)",
      "users:insert,update orders:read",
      "orders.id:argument orders.total:argument orders.user_id:join users.id:join,write users.name:write users.ssn:condition",
    ],
    ["copy users (ssn) to stdout", "users:read", "users.ssn:output"],
    ["copy users from stdin", "users:insert", "users.email:write users.id:write users.name:write users.ssn:write"],
    ["truncate users", "users:truncate", ""],
    ["create table n as select ssn from users", "users:read n:ddl", "users.ssn:output"],
    ["create view n as select ssn from users", "users:read n:ddl", "users.ssn:output"],
    ["create unique index on users (ssn)", "users:ddl", "users.ssn:condition"],
    [
      "create index on users (lower(ssn)) where name = 'x'",
      "users:ddl",
      "users.name:condition users.ssn:argument,condition",
    ],
    [
      "alter table users alter column email type int using ssn::int",
      "users:ddl",
      "users.email:write users.ssn:condition",
    ],
    [
      "create policy p on users using (ssn = (select note from app.users))",
      "users:ddl app.users:read",
      "app.users.note:condition users.ssn:condition",
    ],
    [
      "create rule r as on insert to users do also insert into app.users values (new.id, new.ssn)",
      "users:ddl app.users:insert",
      "app.users.id:write app.users.ssn:write users.id:output users.ssn:output",
    ],
    ["select * from users for update of users", "users:read,lock", wholeUser],
    ["explain select ssn from users", "users:read", "users.ssn:output"],
    ["prepare p as select ssn from users where id = $1", "users:read", "users.id:filter users.ssn:output"],
    ["declare c cursor for select ssn from users", "users:read", "users.ssn:output"],
  ])("%s", (sql, expectedTables, expectedColumns) => {
    expect(tables(sql)).toBe(expectedTables);
    expect(columns(sql)).toBe(expectedColumns);
    expect(facts(sql).opaque).toEqual([]);
    expect(facts(sql).unknown).toEqual([]);
  });

  test("the source of a multiple assignment is read once, though the tree repeats it", () => {
    expect(last("update users set (name, ssn) = (select note, ssn from app.users) where id = 1").reads).toHaveLength(1);
  });
});

describe("WHERE", () => {
  test.each([
    ["delete from users", false, false],
    ["delete from users where true", true, true],
    ["delete from users where 1 = 1", true, true],
    ["delete from users where now() > '2000-01-01'", true, true],
    ["delete from users where exists (select 1 from orders)", true, true],
    ["delete from users where exists (select 1 from orders o where o.user_id = users.id)", true, false],
    ["delete from users where id = $1", true, false],
    ["delete from users where current of c", true, false],
    ["with d as (delete from users returning id) select * from orders where id = 1", false, false],
    ["with d as (delete from users where true returning id) update orders set total = 1 where id = 1", true, true],
    ["explain analyze delete from users", false, false],
    ["select 1 from users where id = 1 union select 2 from users", false, false],
    ["select 1 from users where id = 1 union select 2 from users where true", true, true],
  ])("%s", (sql, hasWhere, whereIsConstant) => {
    const { hasWhere: has, whereIsConstant: constant } = facts(sql);
    expect({ has, constant }).toEqual({ has: hasWhere, constant: whereIsConstant });
  });
});

const functions = (sql: string, searchPath?: string[]): string =>
  facts(sql, searchPath)
    .functions.map(({ schema, name, category, builtin }) => `${schema}.${name}:${category}${builtin ? "" : "!"}`)
    .join(" ");

describe("functions", () => {
  test.each([
    ["select lower(ssn), now() from users", "pg_catalog.lower:pure pg_catalog.now:pure"],
    ["select pg_catalog.pg_read_file('x')", "pg_catalog.pg_read_file:file"],
    ["select random(), nextval('s')", "pg_catalog.random:volatile pg_catalog.nextval:volatile"],
    ["select query_to_xml('select 1', true, true, '')", "pg_catalog.query_to_xml:dynamic_sql"],
    [
      "select lo_get(1), pg_terminate_backend(1)",
      "pg_catalog.lo_get:large_object pg_catalog.pg_terminate_backend:admin",
    ],
    [
      "select pg_table_size('users'), pg_stat_get_live_tuples(1)",
      "pg_catalog.pg_table_size:statistics pg_catalog.pg_stat_get_live_tuples:statistics",
    ],
    ["select * from dblink('x', 'y') as t(a int)", ".dblink:network!"],
    ["select f(1), missing(2)", "public.f:user_defined! .missing:user_defined!"],
    ["select 1 === 'x'", "public.myeq:user_defined!"],
    ["select 1 operator(public.===) 'x'", "public.myeq:user_defined!"],
    ["create function g() returns int language sql as 'select 1'; select g()", ".g:user_defined!"],
    ["select U&\"set_confi\\0067\"('work_mem', '1MB', true)", "pg_catalog.set_config:session"],
  ])("%s", (sql, expected) => {
    expect(functions(sql)).toBe(expected);
  });

  test("a user's function of a built-in name counts where the search_path reaches it", () => {
    expect(functions("select lower('X')", ["app", "public"])).toBe("pg_catalog.lower:pure app.lower:user_defined!");
    expect(functions("select lower('X')")).toBe("pg_catalog.lower:pure");
    expect(functions("select pg_catalog.lower('X')", ["app"])).toBe("pg_catalog.lower:pure");
  });
});

describe("effects on the session", () => {
  test.each([
    ['set search_path = app, "B"', { kind: "set", variable: "search_path", values: ["app", "B"], local: false }],
    ["set local Work_Mem to '1MB'", { kind: "set", variable: "work_mem", values: ["1MB"], local: true }],
    ["set search_path to default", { kind: "set", variable: "search_path", values: undefined, local: false }],
    ["reset search_path", { kind: "set", variable: "search_path", values: undefined, local: false }],
    ["set role admin", { kind: "set", variable: "role", values: ["admin"], local: false }],
    ["select set_config('ROLE', 'admin', true)", { kind: "set", variable: "role", values: ["admin"], local: true }],
    [
      "select set_config('search_path', '\"A b\", c', false)",
      { kind: "set", variable: "search_path", values: ["A b", "c"], local: false },
    ],
    [
      "select set_config('search_path', $1, false)",
      { kind: "set", variable: "search_path", values: undefined, local: false },
    ],
    [
      "select set_config('search_path', 'a', false) from users",
      { kind: "set", variable: "search_path", values: undefined, local: false },
    ],
    [
      "select set_config('app.user', 'x', true), set_config('role', 'r', true)",
      { kind: "set", variable: "role", values: ["r"], local: true },
    ],
    [
      "select set_config(name, 'x', false) from pg_settings where name = 'work_mem'",
      { kind: "set", variable: "work_mem", values: undefined, local: false },
    ],
    ["prepare p as select 1", { kind: "prepare", name: "p" }],
    ["deallocate all", { kind: "deallocate", name: undefined }],
    ["create table n (a int)", { kind: "schema_change" }],
    ["commit and chain", { kind: "commit", chain: true }],
  ])("%s", (sql, expected) => {
    expect(facts(sql).session).toEqual(expected);
    expect(facts(sql).opaque).toEqual([]);
  });

  test.each([
    "select set_config(name, 'x', false) from users",
    "select set_config('a' || 'b', 'x', false)",
    "select set_config('role', 'r', true), set_config('search_path', 'x', true)",
  ])("%s may set anything: what it does cannot be told", (sql) => {
    expect(facts(sql).session).toEqual({ kind: "set_any" });
    expect(facts(`${sql}; select 1 from users`).opaque).toHaveLength(1);
  });
});

describe("what the rewriter needs", () => {
  test("TABLE, samples, system columns and schema-qualified references are told", () => {
    const [read] = last("select ctid, public.users.ssn, users.xmin from users tablesample system (1)").reads;
    expect(read?.isSampled).toBe(true);
    expect(read?.systemColumns).toEqual([
      { name: "ctid", position: 7 },
      { name: "xmin", position: 31 },
    ]);
    expect(read?.schemaQualified).toEqual([{ position: 13, fields: ["public", "users", "ssn"] }]);
    expect(last("table users").reads[0]?.isTableCommand).toBe(true);
    expect(last("select * from users").reads[0]?.isTableCommand).toBe(false);
  });

  test.each([
    ["select id, ssn, upper(name) from users group by id", { position: 48, dependents: ["name", "ssn"] }],
    ["select u.id, count(o.total) from users u join orders o on o.user_id = u.id group by u.id", undefined],
    [
      "select u.ssn, max(o.total) from users u join orders o on o.user_id = u.id group by u.id",
      { position: 83, dependents: ["ssn"] },
    ],
    ["select id as k, ssn from users group by k", { position: 40, dependents: ["ssn"] }],
    ["select ssn, count(*) from users group by ssn", undefined],
    ["select u.* from users u group by id", { position: 33, dependents: ["name", "ssn", "email"] }],
    [
      "select id from users group by id having ssn > '1' order by email",
      { position: 30, dependents: ["ssn", "email"] },
    ],
  ])("%s: columns that depend on the primary key", (sql, expected) => {
    expect(last(sql).reads[0]?.groupedByKey).toEqual(expected);
  });

  test("the name by which the query refers to a relation", () => {
    expect(last("select 1 from users, orders as o, app.users x").reads.map((read) => read.refName)).toEqual([
      "users",
      "o",
      "x",
    ]);
  });

  test("targets of writes are no reads", () => {
    const { reads, writes } = last("update users set name = 'x' from orders");
    expect(reads.map((read) => read.relation.path)).toEqual(["public.orders"]);
    expect(writes.map(({ relation, kind }) => `${relation.path}:${kind}`)).toEqual(["public.users:update"]);
  });
});

describe("depth", () => {
  test("a chain of a thousand operators and UNIONs is analysed", () => {
    expect(facts(`select ${"id + ".repeat(1_000)}1 from users`).columns).toHaveLength(1);
    expect(facts(`select ssn from users${" union all select ssn from users".repeat(500)}`).outputs).toHaveLength(1);
  });

  test("views and CTEs that double a column at each level stay small", () => {
    const levels = Array.from(
      { length: 60 },
      (_, index) => `c${index + 1} as (select a.x || b.x as x from c${index} a, c${index} b)`,
    );
    expect(outputs(`with c0 as (select ssn as x from users), ${levels.join(", ")} select x from c60`)).toBe(
      "x=users.ssn",
    );
  });
});
