import { expect, test } from "vitest";
import { parseCatalogFixture } from "../../../catalog/fixture.ts";
import type { StatementFacts } from "../../facts.ts";
import { defaultSqlMode, type Dialect } from "../dialect.ts";
import { parseMysql } from "../parse.ts";
import { NameState } from "./names.ts";
import { resolveMysql } from "./resolve.ts";

const dialect: Dialect = { product: "mariadb", version: 101100, mode: defaultSqlMode };
const catalog = parseCatalogFixture({
  tables: {
    "shop.customers": { columns: { id: "integer", email: "text", name: "text" } },
    "shop.orders": { columns: { id: "integer", customer_id: "integer", total: "numeric" } },
    "audit.log": { columns: { id: "integer", what: "text" } },
  },
});

function factsOf(sql: string, of = catalog): readonly StatementFacts[] {
  const parsed = parseMysql(sql, dialect);
  if (parsed.kind !== "statements") throw new Error(parsed.message);
  return resolveMysql(sql, parsed, new NameState(of, "shop")).map(({ facts: found }) => found);
}

const only = (sql: string): StatementFacts => {
  const [facts, second] = factsOf(sql);
  if (facts === undefined || second !== undefined) throw new Error("not one statement");
  return facts;
};

/** `table: access` of each table, then `table.column: uses` of each column. */
function touched({ tables, columns }: StatementFacts): string {
  const ofTables = tables.map(({ relation, access }) => `${relation.name}: ${[...access].join(" ")}`);
  const ofColumns = columns.map(
    ({ relation, column, uses }) => `${relation.name}.${column.name}: ${[...uses].join(" ")}`,
  );
  return [...ofTables, ...ofColumns].join(", ");
}

test.for<readonly [sql: string, touched: string]>([
  ["select ID from customers c where c.Name = 'x'", "customers: read, customers.id: output, customers.name: filter"],
  [
    "select c.email e, max(total) from customers c join orders o on o.customer_id = c.id group by e order by 2",
    "customers: read, orders: read, customers.id: join, customers.email: output group, orders.customer_id: join, orders.total: output order argument",
  ],
  ["select * from audit.log", "log: read, log.id: output, log.what: output"],
  [
    "select log.what from audit.log where exists (select 1 from orders where total > log.id)",
    "log: read, orders: read, log.id: filter, log.what: output, orders.total: filter",
  ],
  [
    "select case when email = 'x' then name else id end from customers",
    "customers: read, customers.id: output, customers.email: output condition, customers.name: output",
  ],
  ["with c as (select email as mail from customers) select mail from c", "customers: read, customers.email: output"],
  [
    "with recursive r(n, m) as (select id, email from customers union select n, m from r where n < 9) select m from r",
    "customers: read, customers.id: output filter, customers.email: output filter",
  ],
  ["select x.a from (select email as a from customers) as x", "customers: read, customers.email: output"],
  [
    "select id from customers natural join (select id, total from orders) as o",
    "customers: read, orders: read, customers.id: output join, orders.id: output join, orders.total: ",
  ],
  [
    "select id from customers union select total from orders",
    "customers: read, orders: read, customers.id: output, orders.total: output",
  ],
  [
    "select j.a from customers, json_table(email, '$' columns (a int path '$.a')) as j",
    "customers: read, customers.email: output",
  ],
  ["select @a := email from customers", "customers: read, customers.email: output"],
  ["select distinctrow email from customers", "customers: read, customers.email: output group"],
  [
    "insert into orders (id, total) select id, email from customers",
    "orders: insert, customers: read, orders.id: write, orders.total: write, customers.id: , customers.email: ",
  ],
  [
    "insert into orders set id = 1 on duplicate key update total = values(id)",
    "orders: insert update, orders.id: write, orders.total: write",
  ],
  ["replace into orders (id) values (1)", "orders: insert delete, orders.id: write"],
  [
    "update customers c, orders o set c.name = 'x' where o.customer_id = c.id",
    "customers: read update, orders: read, customers.id: filter, customers.name: write, orders.customer_id: filter",
  ],
  [
    "delete o from orders o join customers c using (id) where c.name = 'x'",
    "orders: read delete, customers: read, orders.id: join, customers.id: join, customers.name: filter",
  ],
  ["delete from orders where total = 1 returning id", "orders: read delete, orders.id: output, orders.total: filter"],
  [
    "load data local infile 'f' into table orders (id, @a) set total = @a",
    "orders: insert, orders.id: write, orders.total: write",
  ],
  ["create table copies as select email from customers", "copies: ddl, customers: read, customers.email: "],
  ["create table t (a int default (nextval(audit.log)), b int as (a + 1))", "t: ddl, log: read update"],
  ["alter table orders add check (total > 0), drop column customer_id", "orders: ddl, orders.total: filter"],
  ["truncate orders", "orders: truncate"],
  ["lock tables customers read", "customers: lock"],
  ["checksum table orders", "orders: read, orders.id: argument, orders.customer_id: argument, orders.total: argument"],
  ["explain select email from customers", "customers: read, customers.email: "],
])("%s", ([sql, expected]) => {
  // Columns in the order of the catalog, for a walk may meet them in another.
  const parts = (text: string) => text.split(", ").toSorted();
  expect(parts(touched(only(sql)))).toEqual(parts(expected));
});

test.for<readonly [sql: string, kind: string, opaque?: readonly string[]]>([
  ["values (1)", "values"],
  ["do sleep(1)", "select"],
  ["use shop", "set"],
  ["set role r", "set_role"],
  ["create user u", "create_role"],
  ["drop view v", "drop_view"],
  ["explain update customers set name = 1", "explain"],
  ["call p(1)", "call", ["CALL"]],
  ["prepare s from @q", "prepare", ["PREPARE of a computed text"]],
  ["execute immediate concat('select ', 1)", "execute", ["EXECUTE IMMEDIATE of a computed text"]],
  ["execute s using (select max(id) from orders)", "execute", ["a subquery in USING"]],
  ["set statement lock_wait_timeout = 1 for execute s", "execute", ["EXECUTE within another statement"]],
  ["drop prepare s", "deallocate"],
  ["begin not atomic select 1; end", "do", ["compound statement"]],
  ["create procedure p() select 1", "create_procedure", ["body of a stored program"]],
  ["select 1 into outfile 'f'", "select", ["INTO OUTFILE"]],
  ["load data infile 'f' into table orders", "load_data", ["LOAD DATA INFILE"]],
  ["handler orders open", "opaque", ["handler"]],
  ["flush tables", "flush"],
  ["flush tables orders with read lock", "flush"],
  ["reset master", "opaque", ["administration reset"]],
  ["reset query cache, master", "opaque", ["administration reset"]],
  ["reset query cache", "flush"],
  ["select id from orders procedure analyse(10, 2000)", "select"],
  ["select id from orders procedure loaded()", "select", ["PROCEDURE"]],
  ["help 'select'", "show"],
  ["check table orders", "analyze"],
  ["optimize table orders", "vacuum"],
  ["checksum table orders", "checksum"],
  ["signal sqlstate '45000' set message_text = 'no', mysql_errno = 5", "signal"],
  ["xa start 'a'", "begin"],
  ["xa prepare 'a'", "prepare_transaction"],
  ["xa commit 'a'", "commit_prepared"],
  ["xa recover", "show"],
  ["get diagnostics @n = number", "get_diagnostics"],
  ["show tables where 1 = (select 1)", "show", []],
  [
    "set statement sql_mode = 'ANSI' for select 1",
    "select",
    ["SET STATEMENT of a variable that changes what texts mean"],
  ],
])("%s is called %s", ([sql, kind, opaque = []]) => {
  const facts = only(sql);
  expect(facts.kind).toBe(kind);
  expect(facts.opaque.map(({ construct }) => construct)).toEqual(opaque);
});

test.for<readonly [sql: string, unknown: readonly string[]]>([
  ["create table made (a int); insert into made values (1); select a from made; drop table made", []],
  ["create table made as select email from customers; update made set email = ''", []],
  ["create table made (a int); select a from shop.made; use audit; select a from made", ["made"]],
  // It may be one that was there before.
  ["create table if not exists made (a int); select a from made", ["made"]],
  ["create table if not exists orders (id int); select id from orders", []],
  // Another may have its name by now.
  ["create table made (a int); drop table made; rename table customers to made; select * from made", ["made"]],
  ["create table made (a int); drop table made; alter table customers rename made; select * from made", ["made"]],
  ["create table made (a int); drop table made; create view made as select 1; select * from made", ["made"]],
  ["create table made (a int) engine = merge union = (customers); select a from made", ["made"]],
])("%s: of what it makes itself, a text knows what can be nothing else", ([sql, unknown]) => {
  expect(factsOf(sql).flatMap((facts) => facts.unknown.map(({ name }) => name))).toEqual(unknown);
});

test.for<readonly [engine: "mariadb" | "mysql", unknown: readonly string[]]>([
  ["mariadb", ["seq_1_to", "seq_a_to_b"]],
  ["mysql", ["seq_1_to_10", "audit.seq_5_to_1_step_2", "seq_1_to", "seq_a_to_b"]],
])("tables of the SEQUENCE engine are there on %s", ([engine, unknown]) => {
  const text = `select seq from seq_1_to_10 join audit.seq_5_to_1_step_2 as s using (seq); select 1 from seq_1_to, seq_a_to_b`;
  const facts = factsOf(text, parseCatalogFixture({ engine, tables: {} }));
  expect(facts.flatMap((each) => each.unknown.map(({ name }) => name))).toEqual(unknown);
});

test("a hint that sets variables is opaque where hints are read", () => {
  const opaqueOf = (sql: string, product: Dialect["product"]) => {
    const parsed = parseMysql(sql, { ...dialect, product });
    if (parsed.kind !== "statements") throw new Error(parsed.message);
    return resolveMysql(sql, parsed, new NameState(catalog, "shop")).flatMap(({ facts: { opaque } }) =>
      opaque.map(({ construct }) => construct),
    );
  };
  expect(opaqueOf("select /*+ SET_VAR(sql_mode = '') */ 1", "mysql")).toEqual(["SET_VAR hint"]);
  expect(opaqueOf("select /*+ SET_VAR(sql_mode = '') */ 1", "mariadb")).toEqual([]);
  expect(opaqueOf("select /*+ MAX_EXECUTION_TIME(10) */ 1", "mysql")).toEqual([]);
});

test("a condition without a column of the statement's own is constant", () => {
  const shown = (sql: string) => {
    const { hasWhere, whereIsConstant } = only(sql);
    return [hasWhere, whereIsConstant];
  };
  expect(shown("delete from orders")).toEqual([false, false]);
  expect(shown("delete from orders where 1 = 1")).toEqual([true, true]);
  expect(shown("update orders set total = 1 where id = 1")).toEqual([true, false]);
});

test("outputs, functions, limit, joins and inner kinds are told as for PostgreSQL", () => {
  const facts = only("select email as e, upper(name), shop.f(1), load_file('x') from customers, orders limit 2, 7");
  expect(facts.outputs.map(({ name, direct }) => [name, direct])).toEqual([
    ["e", true],
    ["", false],
    ["", false],
    ["", false],
  ]);
  expect(facts.functions.map(({ schema, name, category }) => `${schema}.${name} ${category}`)).toEqual([
    ".upper pure",
    "shop.f user_defined",
    ".load_file file",
  ]);
  expect(facts.limit).toBe(7);
  expect(facts.joins).toBe(1);
  expect(only("explain delete from orders").inner).toBe("delete");
});

test("names that the catalog does not have are told with their places in UTF-8", () => {
  const { unknown } = only("select 'é', x.a, nope from customers join missing on 1");
  expect(unknown).toEqual([
    { what: "relation", name: "missing", path: ["shop", "missing"], position: 43 },
    { what: "column", name: "x.a", position: 13 },
  ]);
  expect(only("select nope from customers").unknown).toEqual([{ what: "column", name: "nope", position: 7 }]);
});

test("each statement of a text has its own range and effect on the session", () => {
  const facts = factsOf("set sql_mode = 'ANSI'; use audit; commit and chain");
  expect(facts.map(({ start, end }) => [start, end])).toEqual([
    [0, 21],
    [23, 32],
    [34, 50],
  ]);
  expect(facts.map(({ session }) => session)).toEqual([
    { kind: "set", variable: "sql_mode", values: ["ANSI"], local: false },
    { kind: "set", variable: "database", values: ["audit"], local: false },
    { kind: "commit", chain: true },
  ]);
});
