import { describe, expect, test } from "vitest";
import { defaultSqlMode, type Dialect, parseSqlMode } from "./dialect.ts";
import { parseMysql } from "./parse.ts";

const mariadb: Dialect = { product: "mariadb", version: 101100, mode: defaultSqlMode };
const mysql: Dialect = { product: "mysql", version: 80036, mode: defaultSqlMode };

/** The kinds of a text's statements, or what is wrong with it and where. */
function read(text: string, dialect: Dialect = mariadb): string {
  const parsed = parseMysql(text, dialect);
  switch (parsed.kind) {
    case "statements":
      return parsed.statements.map(({ kind }) => kind).join(" ");
    case "syntax_error":
      return `${parsed.message} at ${parsed.position}`;
    case "refused":
      return `${parsed.limit}: ${parsed.message}`;
  }
}

test.for<readonly [text: string, kinds: string, dialect?: Dialect]>([
  ["", ""],
  [";;select 1; ;", "query"],
  ["select 1; update t set a = 1; drop table t", "query update drop_object"],
  [
    "select distinct sql_no_cache a b, count(*), t.*, s.t.* from s.t as u where a > 1 group by b with rollup having 1 order by 2 desc limit 1, 2 for update",
    "query",
  ],
  ["(select 1) union all (select 2) intersect select 3 order by 1 limit 1", "query"],
  ["select ((select 1) union (select 2)), ((select 1) + 1)", "query"],
  ["select * from ((select 1 as a) union (select 2)) as d, ((select 3 as b) as e join t on t.b = e.b)", "query"],
  [
    "select * from a join b join c on b.x = c.x on a.x = b.x left join d using (x) natural join e straight_join f",
    "query",
  ],
  ["with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select * from r", "query"],
  ["with c as (select 1) update t join c set t.a = 1", "update", mysql],
  [
    "select sum(a) over (partition by b order by c rows between 1 preceding and current row) from t window w as (order by a)",
    "query",
  ],
  [
    "select * from json_table('[]', '$[*]' columns (a int path '$.a' default '0' on empty, nested path '$.b[*]' columns (c for ordinality))) as j",
    "query",
  ],
  ["select doc->'$.a', doc->>'$.b' from t where 1 member of (doc)", "query", mysql],
  [
    "select group_concat(distinct a order by b separator '|' limit 2), extract(day from d), trim(leading 'a' from b), position('a' in b) from t",
    "query",
  ],
  [
    "select match (a, b) against ('x' in boolean mode), cast(a as unsigned), convert(a using utf8mb4), char(65 using ascii) from t",
    "query",
  ],
  ["select sql_calc_found_rows a into outfile '/tmp/x' fields terminated by ',' from t", "query"],
  ["select a into @a, @b from t partition (p0) use index for join (i) ignore key (j)", "query"],
  ["values (1, 2), (3, 4)", "query"],
  ["select a from t natural straight_join u; select a from t = x", "query query"],
  ["select cast(a as varchar(10)) from t", "query"],
  [
    "select * from json_table('[]', '$[*]' columns (a varchar(9) character set latin1 collate default path '$.a')) as j",
    "query",
  ],
  ["show plugins soname 'a.so'; show plugins soname like 'a%'", "show show"],
  ["table t", "query", mysql],
  ["insert into t (a, b) values (1, default), (2, 3) on duplicate key update a = values(a) + 1 returning a", "insert"],
  ["insert into t values (1) as new(a) on duplicate key update a = new.a", "insert", mysql],
  [
    "insert ignore t set a = 1; insert into t () values (); insert into t select * from u; insert into t (select 1)",
    "insert insert insert insert",
  ],
  ["replace into t values (1)", "replace"],
  ["update low_priority ignore a, b set a.x = b.x where a.i = b.i", "update"],
  ["delete from t where a = 1 order by b limit 1 returning a", "delete"],
  ["delete a, b.* from a join b; delete from a, b using a join b; delete quick from t", "delete delete delete"],
  [
    "load data local infile 'f' replace into table t fields terminated by ',' lines terminated by '\\n' ignore 1 lines (a, @b) set c = @b",
    "load_data",
  ],
  ["call p(1, @a); call q; do sleep(1)", "call_statement call_statement do"],
  ["handler t open; handler t read i = (1) where a > 1 limit 1; handler t close", "handler handler handler"],
  [
    "create table t (a int unsigned not null auto_increment primary key, b varchar(10) character set latin1 default 'x' collate latin1_bin, c int generated always as (a + 1) stored, key k (b(3) desc), constraint f foreign key (a) references u (a) on delete cascade, check (a > 0)) engine = InnoDB comment 'x' partition by range (a) (partition p0 values less than (1), partition p1 values less than maxvalue)",
    "create_table",
  ],
  [
    "create temporary table t as select 1; create table t like u; create or replace table t (a int) select 1",
    "create_table create_table create_table",
  ],
  [
    "alter table t add column a int first, drop key k, modify b text, change c d int, rename to u, add partition (partition p1 values in (1)), algorithm = inplace",
    "alter_table",
  ],
  [
    "create unique index i on t (a); drop index i on t; create or replace algorithm = merge definer = u@h sql security invoker view v as select 1 with check option",
    "create_index drop_index create_view",
  ],
  [
    "create procedure p(in a int, out b int) begin declare i int default 0; declare continue handler for not found set i = 1; l: while i < 3 do set i = i + 1; if i = 2 then leave l; else select i; end if; end while l; end",
    "create_procedure",
  ],
  [
    "create function f(a int) returns int deterministic return a + 1; create trigger r before insert on t for each row set new.a = 1",
    "create_function create_trigger",
  ],
  [
    "create event e on schedule every 1 day do delete from t; create sequence s start with 1 increment by 2",
    "create_event create_sequence",
  ],
  ["begin not atomic select 1; end", "compound"],
  [
    "begin; start transaction read only; savepoint s; rollback to savepoint s; release savepoint s; commit and chain",
    "begin begin savepoint rollback_to release commit",
  ],
  [
    "set @a = 1, @@session.sql_mode = '', global x = default, names utf8mb4 collate utf8mb4_bin; set transaction isolation level read committed; set password for u@h = 'x'",
    "set set set",
  ],
  ["set statement max_statement_time = 1 for select 1", "set"],
  [
    "show full columns from t in s like 'a%'; show create table t; show global variables where variable_name = 'x'; show index from t; show tables; show grants for u@h",
    "show show show show show show",
  ],
  [
    "explain extended select 1; describe t a; explain format = json update t set a = 1; analyze select 1; analyze table t",
    "explain describe explain explain maintenance",
  ],
  [
    "prepare s from 'select 1'; execute s using @a; deallocate prepare s; execute immediate 'select 1'",
    "prepare execute deallocate execute",
  ],
  [
    "use d; lock tables t read, u as v write; unlock tables; kill query 5; flush tables with read lock; xa start 'a'",
    "use lock_tables unlock_tables administration administration xa",
  ],
  [
    "grant select (a), insert on s.* to u@h identified by 'x' with grant option; revoke all privileges, grant option from u; grant r to u",
    "grant revoke grant",
  ],
  [
    "create user u@h identified via unix_socket; drop role r; rename table a to b; truncate t; signal sqlstate '45000' set message_text = 'x'",
    "create_object drop_object rename_table truncate diagnostics",
  ],
])("%s", ([text, kinds, dialect]) => {
  expect(read(text, dialect)).toBe(kinds);
});

describe("what the grammar does not know is refused with its place", () => {
  test.for([
    ["selec 1", "expected"],
    ["select", "found the end of the text at 6"],
    ["select 1 from", "found the end of the text at 13"],
    ["select 1 from t where", "found the end of the text at 21"],
    ["select a b c", "found `c` at 11"],
    ["select 'secret' 1", "found integer literal at 16"],
    ["select * from t where a = 'open", "at 26"],
    ["select 1 + t.* from t", "`*` may stand in a select list and in COUNT(*) only at 11"],
    ["select * from (select 1)", "a derived table needs a name at 24"],
    ["select (select 1 into @a)", "INTO may not stand in a subquery at 17"],
    ["select a from t left join u", "an outer join needs ON or USING at"],
    ["delimiter //", "expected"],
    ["select 1 /*! union select 2", "at 27"],
    ["select doc->'$.a' from t", "found `>` at 11"],
  ] as const)("%s", ([text, message]) => {
    const outcome = read(text);
    expect(outcome).toContain(message);
    expect(outcome).not.toContain("secret");
  });
});

test("a text over a limit is refused by its name, and the parser reads the next one", () => {
  expect(read(`select ${"(".repeat(1000)}1`)).toContain("tree_depth");
  expect(read(`select ${"-".repeat(100_000).replaceAll("-", "- ")}1`)).toContain("tree_depth");
  expect(read(`select ${"(select ".repeat(500)}1`)).toContain("tree_depth");
  expect(read(`select * from ${"(".repeat(500)}t`)).toContain("tree_depth");
  expect(read(`select 1${" + 1".repeat(5000)}`)).toContain("tree_depth");
  expect(read(`select 1${" union select 1".repeat(5000)}`)).toContain("tree_depth");
  expect(read(`create procedure p() ${"begin ".repeat(500)}`)).toContain("tree_depth");
  expect(read("select 1\0")).toContain("nul");
  expect(read("select '\ud800'")).toContain("invalid_text");
  expect(read(`select '${"x".repeat(3_000_000)}'`)).toContain("statement_bytes");
  expect(read("select 1;".repeat(10_001))).toContain("statements: text of 10001 statements");
  expect(read("select 1")).toBe("query");
});

test("lists and logical chains may be long", () => {
  expect(read(`select 1 where ${"a = 1 or ".repeat(20_000)} b`)).toBe("query");
  expect(read(`select 1 in (${"1, ".repeat(50_000)} 1)`)).toBe("query");
});

test("every node knows its text", () => {
  const text = "select /* é */ a.b + 1 as c from `t` as u";
  const parsed = parseMysql(text, mariadb);
  const places: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    else if (typeof value === "object" && value !== null) {
      const { start, end } = value as { start?: number; end?: number };
      if (start !== undefined && end !== undefined) places.push(text.slice(start, end));
      for (const each of Object.values(value)) visit(each);
    }
  };
  if (parsed.kind === "statements") visit(parsed.statements);
  expect(places).toEqual([text, text, "a.b + 1 as c", "a.b + 1", "a.b", "a", "b", "1", "`t` as u", "`t`", "`t`", "u"]);
});

test("a sql_mode with a grammar of its own is not read", () => {
  expect(parseSqlMode("ORACLE,NO_ZERO_DATE")).toBeUndefined();
  expect(parseSqlMode("ANSI,HIGH_NOT_PRECEDENCE")).toEqual({
    ansiQuotes: true,
    pipesAsConcat: true,
    ignoreSpace: true,
    highNotPrecedence: true,
    noBackslashEscapes: false,
  });
});
