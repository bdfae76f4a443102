import type { StatementKind } from "@penstock/language";
import { describe, expect, test } from "vitest";
import { parseCatalogFixture } from "../../catalog/fixture.ts";
import { analyzePostgres } from "./analyze.ts";
import type { StatementName } from "./statement-kinds.ts";

const catalog = parseCatalogFixture({
  tables: { "public.t": { columns: { id: "int8", a: "int4", b: "text" }, primary_key: ["id"] } },
  views: { "public.v": "select id, b from t" },
});

/** For every statement of the grammar: its forms, and the kind of each. The type makes a statement without an example an error. */
const examples: Readonly<Record<StatementName, readonly (readonly [string, StatementKind])[]>> = {
  SelectStmt: [
    ["select 1", "select"],
    ["table t", "select"],
    ["values (1, 2)", "values"],
    ["select * into u from t", "select_into"],
    ["select a from t group by grouping sets ((a), ()), rollup (b), cube (id) having count(*) > 1", "select"],
    [
      "select sum(a) over w from t window w as (partition by b order by id rows between 1 preceding and current row)",
      "select",
    ],
    ["select distinct on (a) a, b from t order by a, b desc nulls last fetch first 3 rows with ties", "select"],
    ["select * from t tablesample bernoulli (1) repeatable (2) for no key update of t skip locked", "select"],
    [
      "select * from rows from (generate_series(1, 2), json_to_record('{}') as (x int)) with ordinality as f(x, y, z)",
      "select",
    ],
    [
      "select * from json_table('[]', '$[*]' passing 1 as x columns (a int path '$.a', nested path '$.b' columns (c text)))",
      "select",
    ],
    [
      "select * from xmltable(xmlnamespaces('x' as y), '/r' passing '<r/>' columns a int path 'a' default 1, n for ordinality)",
      "select",
    ],
    [
      "select json_object('k': b returning jsonb), json_array(a, b), json_array(select a from t), json_value(b, '$.x') from t",
      "select",
    ],
    [
      "select json_objectagg(b: a with unique), json_arrayagg(a order by b) filter (where a > 1) over () from t",
      "select",
    ],
    [
      "select b is json object with unique keys, json_exists(b, '$' error on error), json_query(b, '$' with wrapper) from t",
      "select",
    ],
    ["select json_scalar(1), json_serialize(b), json('{}' with unique keys), merge_action() from t", "select"],
    [
      "select xmlelement(name x, xmlattributes(b as c), b), xmlforest(b), xmlpi(name p), xmlroot(b, version '1'), xmlparse(document b), xmlserialize(content b as text) from t",
      "select",
    ],
    [
      "select a is distinct from 1, a between symmetric 1 and 2, b similar to 'x', (a, id) overlaps (id, a), a[1:2], b collate \"C\" from t",
      "select",
    ],
    [
      "select cast(b as varchar(3)), interval '1' day, current_date, localtimestamp(3), session_user, extract(year from now()) from t",
      "select",
    ],
    [
      "select trim(both 'x' from b), substring(b from 1 for 2), overlay(b placing 'x' from 1), position('x' in b), b at time zone 'UTC' from t",
      "select",
    ],
    [
      "select case a when 1 then b else 'x' end, coalesce(a, 1), greatest(a, 2), nullif(a, 1), grouping(a) from t group by a, b",
      "select",
    ],
    [
      "select a = any(array[1, 2]), a in (1, 2), a not in (select 1), exists (select 1), array(select 1), row(1, 2) = (select 1, 2) from t",
      "select",
    ],
    [
      "with recursive r(n) as (select 1 union all select n + 1 from r) search depth first by n set o cycle n set c using p select * from r",
      "select",
    ],
    ["with x as materialized (select 1), y as not materialized (select 2) select * from x, y", "select"],
    ["select * from t natural join v full join t z using (id) as u cross join lateral (select z.a) l", "select"],
    ["with d as (delete from t where id = 1 returning *) select * from d", "delete"],
  ],
  InsertStmt: [
    ["insert into t values (1, 2, default)", "insert"],
    [
      "insert into t as x (id, a) overriding system value select 1, 2 on conflict on constraint t_pkey do nothing returning x.id",
      "insert",
    ],
    [
      "insert into t (id) values (1) on conflict (id) where a > 1 do update set a = excluded.a, (b) = row('x') where t.a = 1",
      "insert",
    ],
    ["insert into t default values returning with (old as o, new as n) o.a, n.b", "insert"],
  ],
  UpdateStmt: [
    ["update t set a = 1, (b, id) = (select 'x', 2) from v where t.id = v.id returning old.a, new.*", "update"],
    ["update only t as x set a = default where current of c", "update"],
  ],
  DeleteStmt: [["delete from t using v where t.id = v.id returning *", "delete"]],
  MergeStmt: [
    [
      "merge into t using v on t.id = v.id when matched and t.a > 1 then update set b = v.b when not matched by source then delete when not matched then insert (id, b) values (v.id, v.b) returning merge_action(), t.*",
      "merge",
    ],
    ["merge into t using v on t.id = v.id when matched then do nothing", "merge"],
  ],
  TruncateStmt: [["truncate t, v restart identity cascade", "truncate"]],
  CopyStmt: [
    ["copy t (id, b) to stdout with (format csv, header, force_quote (b))", "copy_to"],
    ["copy (select b from t) to stdout", "copy_to"],
    ["copy t from stdin where a > 1", "copy_from"],
    ["copy t from program 'x'", "copy_from"],
  ],
  CreateStmt: [
    [
      "create table n (a int primary key, b text default lower('X') check (b <> ''), c int generated always as (a + 1) stored, d int references t (id))",
      "create_table",
    ],
    [
      "create table n (like t including all, constraint u unique nulls not distinct (a), exclude using gist (a with =) where (a > 1)) inherits (t)",
      "create_table",
    ],
    [
      "create temp table n partition of t for values from (1, minvalue) to (2, maxvalue) on commit drop",
      "create_table",
    ],
    [
      "create unlogged table if not exists n (a int) partition by range ((a + 1), a) with (fillfactor = 70) tablespace x",
      "create_table",
    ],
    ["create table n of public.ty (primary key (a))", "create_table"],
    [
      "create table n (a int generated by default as identity (start 2), b text storage plain compression pglz)",
      "create_table",
    ],
  ],
  CreateForeignTableStmt: [["create foreign table n (a int options (x 'y')) server s options (t 'u')", "create_table"]],
  CreateTableAsStmt: [
    ["create table n as select * from t with no data", "create_table_as"],
    ["create materialized view n as select b from t", "create_materialized_view"],
    ["create table n (x) as execute p (1)", "create_table_as"],
  ],
  ViewStmt: [
    [
      "create or replace temp view n (x) with (security_barrier) as select b from t with local check option",
      "create_view",
    ],
    ["create recursive view n (x) as select 1", "create_view"],
  ],
  RefreshMatViewStmt: [["refresh materialized view concurrently v with no data", "refresh_materialized_view"]],
  IndexStmt: [
    [
      'create unique index concurrently i on t using btree (a desc nulls last, lower(b) collate "C" text_ops) include (id) where a > 1',
      "create_index",
    ],
  ],
  CreateSeqStmt: [["create sequence s as int start 3 owned by t.id", "create_sequence"]],
  CreateSchemaStmt: [["create schema s create table x (a int) create view y as select a from x", "create_schema"]],
  CreatedbStmt: [["create database d owner o template x", "create_database"]],
  CreateFunctionStmt: [
    ["create function f(a int default 1, out b text) returns record language sql as 'select 1, 2'", "create_function"],
    ["create function f(a int) returns int begin atomic select a; select count(*) from t; end", "create_function"],
    ["create function f(a int) returns int return a + 1", "create_function"],
    ["create procedure p(t.a%type) language plpgsql as $$ begin end $$ set search_path = x", "create_procedure"],
  ],
  CreateTrigStmt: [
    [
      "create trigger g after update of a on t referencing old table as o for each row when (old.a > new.a) execute function f('x')",
      "create_trigger",
    ],
    [
      "create constraint trigger g after insert on t from v deferrable for each row execute function f()",
      "create_trigger",
    ],
  ],
  CreateEventTrigStmt: [
    ["create event trigger e on ddl_command_start when tag in ('X') execute function f()", "create_trigger"],
  ],
  CompositeTypeStmt: [['create type n as (a int, b text collate "C")', "create_type"]],
  CreateEnumStmt: [["create type n as enum ('a', 'b')", "create_type"]],
  CreateRangeStmt: [["create type n as range (subtype = float8)", "create_type"]],
  CreateDomainStmt: [["create domain n as text collate \"C\" default 'x' check (value <> '')", "create_domain"]],
  DefineStmt: [
    ["create aggregate g(int) (sfunc = int4_sum, stype = int8)", "create_function"],
    ["create operator === (leftarg = int, rightarg = int, function = int4eq)", "create_other"],
    ["create type n", "create_type"],
    ["create collation c (locale = 'C')", "create_other"],
    ["create text search dictionary d (template = simple)", "create_other"],
  ],
  RuleStmt: [
    ["create rule r as on update to v where old.id > 1 do instead (update t set a = new.id; notify x)", "create_rule"],
  ],
  CreatePolicyStmt: [["create policy p on t for select to public using (a = 1) with check (b <> '')", "create_policy"]],
  CreateStatsStmt: [["create statistics s (mcv) on a, (lower(b)) from t", "create_statistics"]],
  CreateExtensionStmt: [["create extension if not exists x schema y version '1' cascade", "create_extension"]],
  CreateFdwStmt: [["create foreign data wrapper w handler h options (a 'b')", "create_server"]],
  CreateForeignServerStmt: [
    ["create server s type 'x' version '1' foreign data wrapper w options (host 'h')", "create_server"],
  ],
  CreateUserMappingStmt: [["create user mapping for current_user server s options (password 'p')", "create_server"]],
  CreateAmStmt: [["create access method m type index handler h", "create_other"]],
  CreatePLangStmt: [["create trusted language l handler h inline i validator v", "create_other"]],
  CreateOpClassStmt: [
    [
      "create operator class c default for type int4 using btree as operator 1 <, function 1 btint4cmp(int4, int4), storage int4",
      "create_other",
    ],
  ],
  CreateOpFamilyStmt: [["create operator family f using btree", "create_other"]],
  CreateConversionStmt: [["create conversion c for 'LATIN1' to 'UTF8' from f", "create_other"]],
  CreateCastStmt: [["create cast (text as int4) with function f(text) as implicit", "create_other"]],
  CreateTransformStmt: [["create transform for int4 language l (from sql with function f(internal))", "create_other"]],
  AlterTableStmt: [
    [
      "alter table t add column c int default 1, drop column a cascade, alter b type int using b::int, add check (a > 1)",
      "alter_table",
    ],
    ["alter table t owner to o", "alter_owner"],
    ["alter table t attach partition p for values in ('x', null)", "alter_table"],
    [
      "alter table t alter column a set default a + 1, enable row level security, replica identity using index i",
      "alter_table",
    ],
    [
      "alter table t alter constraint k deferrable, validate constraint k, set (fillfactor = 3), cluster on i",
      "alter_table",
    ],
    ["alter view v alter column b set default 'x'", "alter_view"],
    ["alter index i set (fillfactor = 3)", "alter_index"],
    ["alter type ty add attribute z int cascade", "alter_type"],
  ],
  AlterSeqStmt: [["alter sequence s restart with 3", "alter_sequence"]],
  AlterDatabaseStmt: [["alter database d connection limit 3", "alter_database"]],
  AlterDatabaseRefreshCollStmt: [["alter database d refresh collation version", "alter_database"]],
  AlterDatabaseSetStmt: [["alter database d set work_mem = '1MB'", "alter_database"]],
  AlterFunctionStmt: [["alter function f(int) immutable leakproof", "alter_function"]],
  AlterTypeStmt: [["alter type ty set (storage = plain)", "alter_type"]],
  AlterEnumStmt: [["alter type ty add value 'x' before 'y'", "alter_type"]],
  AlterDomainStmt: [["alter domain d add constraint k check (value > 1) not valid", "alter_type"]],
  AlterPolicyStmt: [["alter policy p on t to public using (a = 1)", "alter_policy"]],
  AlterExtensionStmt: [["alter extension x update to '2'", "alter_extension"]],
  AlterExtensionContentsStmt: [["alter extension x add function f(int)", "alter_extension"]],
  AlterFdwStmt: [["alter foreign data wrapper w options (set a 'b')", "alter_server"]],
  AlterForeignServerStmt: [["alter server s options (drop a)", "alter_server"]],
  AlterUserMappingStmt: [["alter user mapping for u server s options (a 'b')", "alter_server"]],
  AlterObjectSchemaStmt: [["alter table t set schema s", "alter_table"]],
  AlterObjectDependsStmt: [["alter function f(int) depends on extension x", "alter_function"]],
  AlterCollationStmt: [["alter collation c refresh version", "alter_other"]],
  AlterEventTrigStmt: [["alter event trigger e disable", "alter_other"]],
  AlterOpFamilyStmt: [["alter operator family f using btree add operator 1 < (int4, int4)", "alter_other"]],
  AlterOperatorStmt: [["alter operator === (int, int) set (restrict = eqsel)", "alter_other"]],
  AlterStatsStmt: [["alter statistics s set statistics 3", "alter_other"]],
  AlterTSDictionaryStmt: [["alter text search dictionary d (x = y)", "alter_other"]],
  AlterTSConfigurationStmt: [["alter text search configuration c add mapping for word with d", "alter_other"]],
  AlterOwnerStmt: [["alter function f(int) owner to o", "alter_owner"]],
  AlterDefaultPrivilegesStmt: [
    ["alter default privileges in schema s grant select on tables to r", "alter_default_privileges"],
  ],
  RenameStmt: [
    ["alter table t rename to u", "rename"],
    ["alter table t rename column a to z", "rename"],
    ["alter schema s rename to u", "alter_schema"],
  ],
  CommentStmt: [
    ["comment on column t.a is 'x'", "comment"],
    ["comment on function f(int) is null", "comment"],
  ],
  SecLabelStmt: [["security label for p on table t is 'x'", "security_label"]],
  DropStmt: [
    ["drop table if exists t, public.v cascade", "drop_table"],
    ["drop foreign table t", "drop_table"],
    ["drop view v", "drop_view"],
    ["drop materialized view v", "drop_materialized_view"],
    ["drop index concurrently i", "drop_index"],
    ["drop sequence s", "drop_sequence"],
    ["drop schema s cascade", "drop_schema"],
    ["drop function f(int)", "drop_function"],
    ["drop aggregate g(*)", "drop_function"],
    ["drop trigger g on t", "drop_trigger"],
    ["drop type ty", "drop_type"],
    ["drop domain d", "drop_type"],
    ["drop policy p on t", "drop_policy"],
    ["drop rule r on v", "drop_other"],
    ["drop extension x", "drop_extension"],
    ["drop server s", "drop_server"],
    ["drop cast (text as int)", "drop_other"],
    ["drop operator === (int, none)", "drop_other"],
    ["drop operator class c using btree", "drop_other"],
    ["drop publication p", "drop_other"],
    ["drop transform for int language l", "drop_other"],
  ],
  DropdbStmt: [["drop database if exists d with (force)", "drop_database"]],
  DropUserMappingStmt: [["drop user mapping for u server s", "drop_server"]],
  DropRoleStmt: [["drop role r, current_user", "drop_role"]],
  DropOwnedStmt: [["drop owned by r", "drop_owned"]],
  ImportForeignSchemaStmt: [["import foreign schema s limit to (t) from server x into y", "import_foreign_schema"]],
  GrantStmt: [
    ["grant select (a, b), insert on t to r with grant option", "grant"],
    ["revoke all on all tables in schema s from public cascade", "revoke"],
    ["grant execute on function f(int) to r", "grant"],
    ["grant usage on schema s to r granted by current_user", "grant"],
  ],
  GrantRoleStmt: [
    ["grant r to s with admin option", "grant"],
    ["revoke inherit option for r from s", "revoke"],
  ],
  CreateRoleStmt: [["create user u with password 'x' in role r valid until '2030-01-01'", "create_role"]],
  AlterRoleStmt: [["alter role r superuser", "alter_role"]],
  AlterRoleSetStmt: [["alter role r in database d set search_path = x", "alter_role"]],
  ReassignOwnedStmt: [["reassign owned by a to b", "reassign_owned"]],
  VariableSetStmt: [
    ['set search_path = a, "B"', "set"],
    ["set local time zone interval '1' hour to minute", "set"],
    ["set role r", "set_role"],
    ["set session authorization default", "set_role"],
    ["reset role", "set_role"],
    ["reset all", "reset"],
    ["reset work_mem", "reset"],
    ["set transaction isolation level serializable, read only", "set_transaction"],
    ["set session characteristics as transaction deferrable", "set_transaction"],
  ],
  VariableShowStmt: [["show all", "show"]],
  DiscardStmt: [
    ["discard all", "discard"],
    ["discard temp", "discard"],
  ],
  ConstraintsSetStmt: [["set constraints a.k deferred", "set_constraints"]],
  TransactionStmt: [
    ["begin isolation level serializable", "begin"],
    ["start transaction read only", "begin"],
    ["commit and chain", "commit"],
    ["end", "commit"],
    ["rollback", "rollback"],
    ["abort", "rollback"],
    ["savepoint s", "savepoint"],
    ["release s", "release"],
    ["rollback to s", "rollback"],
    ["prepare transaction 'x'", "prepare_transaction"],
    ["commit prepared 'x'", "commit_prepared"],
    ["rollback prepared 'x'", "rollback_prepared"],
  ],
  PrepareStmt: [["prepare p (int, text) as select b from t where id = $1", "prepare"]],
  ExecuteStmt: [["execute p (1, lower('X'))", "execute"]],
  DeallocateStmt: [["deallocate all", "deallocate"]],
  DeclareCursorStmt: [["declare c scroll cursor with hold for select b from t", "declare"]],
  FetchStmt: [
    ["fetch forward 3 from c", "fetch"],
    ["move backward all in c", "move"],
  ],
  ClosePortalStmt: [["close all", "close"]],
  ExplainStmt: [
    ["explain (analyze, costs off, format json) select b from t", "explain"],
    ["explain create table n as select 1", "explain"],
  ],
  CallStmt: [["call p(1)", "call"]],
  DoStmt: [["do $$ begin end $$", "do"]],
  LockStmt: [["lock table only t in access exclusive mode nowait", "lock"]],
  VacuumStmt: [
    ["vacuum (full, analyze) t (a, b)", "vacuum"],
    ["analyze verbose t", "analyze"],
  ],
  ClusterStmt: [["cluster t using i", "cluster"]],
  ReindexStmt: [
    ["reindex (verbose) table concurrently t", "reindex"],
    ["reindex database d", "reindex"],
  ],
  CheckPointStmt: [["checkpoint", "checkpoint"]],
  LoadStmt: [["load 'x'", "load"]],
  AlterSystemStmt: [["alter system set work_mem = '1MB'", "alter_system"]],
  CreateTableSpaceStmt: [["create tablespace s location '/x'", "create_tablespace"]],
  AlterTableSpaceOptionsStmt: [["alter tablespace s set (seq_page_cost = 1)", "alter_tablespace"]],
  AlterTableMoveAllStmt: [["alter table all in tablespace s set tablespace u", "alter_tablespace"]],
  DropTableSpaceStmt: [["drop tablespace s", "drop_tablespace"]],
  CreatePublicationStmt: [
    ["create publication p for table t (a, b) where (a > 1), tables in schema s", "create_publication"],
  ],
  AlterPublicationStmt: [["alter publication p add table t", "alter_publication"]],
  CreateSubscriptionStmt: [
    ["create subscription s connection 'host=x' publication p with (enabled = false)", "create_subscription"],
  ],
  AlterSubscriptionStmt: [["alter subscription s refresh publication", "alter_subscription"]],
  DropSubscriptionStmt: [["drop subscription s", "drop_subscription"]],
  ListenStmt: [["listen x", "listen"]],
  UnlistenStmt: [["unlisten *", "unlisten"]],
  NotifyStmt: [["notify x, 'payload'", "notify"]],
};

describe("every statement of the grammar", () => {
  for (const [name, forms] of Object.entries(examples)) {
    test.each(forms)(`${name}: %s`, (sql, kind) => {
      const analyzed = analyzePostgres(sql, catalog, { searchPath: ["public"] });
      if (analyzed.kind !== "statements") throw new Error(`${analyzed.kind}: ${analyzed.message}`);
      expect(analyzed.statements).toHaveLength(1);
      const [{ facts, node }] = analyzed.statements as [(typeof analyzed.statements)[number]];
      expect(Object.keys(node)).toEqual([name]);
      expect(facts.kind).toBe(kind);
      const byNature = name === "CallStmt" || name === "DoStmt" ? [name] : [];
      expect(facts.opaque.map((each) => each.construct)).toEqual(byNature);
    });
  }
});
