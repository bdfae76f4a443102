import { compile } from "@penstock/language";
import { describe, expect, it } from "vitest";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import type { Verdict } from "../enforcer.ts";
import { createEnforcer } from "./enforcer.ts";
import { someone } from "./someone.ts";

const table = { columns: { id: "int8", ssn: "text", city: "text" }, primary_key: ["id"] };
const catalog = parseCatalogFixture({
  tables: { "public.customers": table, "mine.customers": table, "pg_temp_3.scratch": table },
  views: {
    "public.contacts": "select id, ssn as number, left(ssn, 3) as area from public.customers",
    "public.suspects": "select id from public.customers where ssn like '1%'",
    "public.contacts_again": "select number from public.contacts",
    "public.stored": { definition: "select id, city from public.customers", materialized: true },
    "public.suspects_stored": { definition: "select id from public.suspects", materialized: true },
    "public.on_stored": "select id from public.suspects_stored",
  },
});

function enforcerFor(policy: string) {
  const { program, diagnostics } = compile({ sources: [{ path: "test.policy", text: `package test\n\n${policy}\n` }] });
  if (program === undefined) throw new Error(diagnostics.map((diagnostic) => diagnostic.message).join("\n"));
  return createEnforcer(program);
}

const who = someone(["analyst"]);

const masking = enforcerFor("mask public.customers.ssn with partial(0, 4)");

function decide(sql: string, searchPath: readonly string[] = ["public"]): Verdict {
  return masking.decide(sql, who, { searchPath }, catalog);
}

function masksOf(verdict: Verdict): Record<string, string> {
  const masks = verdict.statements.flatMap(({ decision }) => [...decision.masks.values()]);
  return Object.fromEntries(
    masks.flatMap(({ relation, columns }) =>
      [...columns.values()].map(({ column, mask }) => [`${relation.path}.${column.name}`, mask.name]),
    ),
  );
}

describe("a filter", () => {
  const filtering = enforcerFor(
    'filter public.customers as row where row.city == principal.claims.city if "analyst" in principal.groups',
  );
  const inBonn = someone(["analyst"], { city: "Bonn" });
  const refused = (sql: string): unknown => {
    const verdict = filtering.decide(sql, inBonn, { searchPath: ["public"] }, catalog);
    return verdict.action === "deny" ? verdict.reason.message : verdict.action;
  };
  const hidden = "rows of public.customers are filtered for you, and";

  it.each([
    ["select 1 from customers", "forward"],
    ["update customers set city = 'x'", "forward"],
    ["insert into customers (id) values (1)", "forward"],
    ["insert into customers select (c).* from customers c", `${hidden} it is not known how many columns are inserted`],
    ["truncate customers", `${hidden} TRUNCATE would delete those that you do not see`],
    ["explain select id from customers", `${hidden} EXPLAIN would tell of those that you do not see`],
    ["copy customers to stdout", "forward"],
    ["prepare p as select 1 from customers", "forward"],
    [
      "select pg_stat_get_live_tuples('customers'::regclass)",
      "`pg_catalog.pg_stat_get_live_tuples` tells how many rows there are, and rows are filtered for you",
    ],
    ["select id from contacts", "forward"],
    ["select 1 from contacts_again", "forward"],
    ["delete from contacts", "view public.contacts shows rows of public.customers, which is filtered for you"],
    ["explain select * from contacts_again", `${hidden} EXPLAIN would tell of those that you do not see`],
    [
      "select city from stored",
      "view public.stored shows rows of public.customers, which is filtered for you, and its rows are stored",
    ],
    ["do 'begin end'", "`do` runs code that cannot be checked while data is hidden from you"],
    ["select id from mine.customers", "forward"],
    ["select 1", "forward"],
  ])("decides %s: %s", (sql, expected) => {
    expect(refused(sql)).toBe(expected);
  });

  it("is a part of the text that runs, and of no other", () => {
    expect(filtering.decide("select 1 from customers", inBonn, { searchPath: ["public"] }, catalog)).toMatchObject({
      action: "forward",
      rewritten: true,
      text: expect.stringContaining(`"city" OPERATOR(pg_catalog.=)`) as unknown,
    });
    expect(filtering.decide("select 1", inBonn, { searchPath: ["public"] }, catalog)).toMatchObject({
      rewritten: false,
    });
  });

  it("that lets nothing through lets nothing in", () => {
    const nowhere = someone(["analyst"]);
    expect(
      filtering.decide(
        "insert into customers (id, city) values (1, 'x')",
        nowhere,
        { searchPath: ["public"] },
        catalog,
      ),
    ).toMatchObject({ action: "deny", reason: { message: `${hidden} you would see no row that you insert` } });
  });

  it("does not concern others", () => {
    const verdict = filtering.decide("select 1 from customers", someone(["dba"]), { searchPath: ["public"] }, catalog);
    expect(verdict).toMatchObject({ action: "forward", rewritten: false });
  });

  it.each([
    [
      "city == 1",
      "the filter of public.customers cannot be applied: `city` of type text cannot be compared with number",
    ],
    ['town == "x"', "the filter of public.customers cannot be applied: it has no column `town`"],
    ["id == principal.claims.x + 1", "a filter rule failed to evaluate, so the statement is refused"],
  ])("that cannot be applied denies: row.%s", (condition, message) => {
    const enforcer = enforcerFor(`filter public.customers as row where row.${condition}`);
    const person = someone(["analyst"], { x: "y" });
    expect(enforcer.decide("select 1 from customers", person, { searchPath: ["public"] }, catalog)).toMatchObject({
      action: "deny",
      sqlstate: "42501",
      reason: { message },
    });
    expect(enforcer.decide("select 1", person, { searchPath: ["public"] }, catalog)).toMatchObject({
      action: "forward",
    });
  });
});

describe("a verdict", () => {
  it("leaves a text without masks as it is", () => {
    expect(decide("select city from mine.customers")).toMatchObject({ action: "forward", rewritten: false });
  });

  it("is the same object for the same text, so that a session pays once", () => {
    expect(decide("select 1")).toBe(decide("select 1"));
  });

  it("records the text, the tables and the revision as JSON fields", () => {
    const [statement] = decide("select ssn from customers").statements;
    const record = JSON.parse(`{${statement?.auditFields ?? ""}}`) as Record<string, unknown>;
    expect(record).toMatchObject({
      text: "select ssn from customers",
      tables: ["public.customers"],
      columns: ["public.customers.ssn"],
      masked: ["public.customers.ssn"],
      decision: "allow",
      revision: masking.revision,
    });
  });

  it("denies all statements of a text when one is denied, and records each", () => {
    const verdict = enforcerFor('deny "no" if query.kind == "delete"').decide(
      "select 1; delete from customers",
      who,
      { searchPath: ["public"] },
      catalog,
    );
    expect(verdict).toMatchObject({ action: "deny", sqlstate: "42501", reason: { message: "no" } });
    expect(verdict.statements.map(({ decision }) => decision.outcome)).toEqual(["deny", "deny"]);
  });

  it("gives the server's own words for what the server would refuse", () => {
    expect(decide("selec 1")).toMatchObject({ sqlstate: "42601", position: 1 });
    expect(decide("select * from nowhere")).toMatchObject({
      sqlstate: "42P01",
      reason: { message: 'relation "nowhere" does not exist' },
      position: 15,
    });
  });

  it("never throws: a fault denies without a word about the statement", () => {
    const broken = { ...catalog, relations: undefined } as unknown as typeof catalog;
    const verdict = masking.decide("select 'secret'", who, { searchPath: ["public"] }, broken);
    expect(verdict).toMatchObject({ action: "deny", sqlstate: "XX000" });
    expect(JSON.stringify(verdict.action === "deny" && verdict.reason)).not.toContain("secret");
  });
});

describe("masks through views", () => {
  it("a column shown unchanged takes the mask", () => {
    expect(masksOf(decide("select * from contacts_again"))).toEqual({ "public.contacts_again.number": "partial" });
  });

  it.each([
    ["whose columns are computed", "select * from contacts"],
    ["whose rows depend on a masked column", "select count(*) from suspects"],
  ])("a view %s is read by its definition", (_, sql) => {
    const verdict = decide(sql);
    expect(masksOf(verdict)).toEqual({ "public.customers.ssn": "partial" });
    expect(verdict.action === "forward" && verdict.text).toMatch(
      /from \(select .* from \(select id.* from "public"."customers"/,
    );
  });

  it.each(["suspects_stored", "on_stored"])(
    "%s is refused, since rows are stored that depend on a masked column",
    (name) => {
      expect(decide(`select * from ${name}`)).toMatchObject({
        action: "deny",
        reason: { code: "masked_view", message: expect.stringContaining("its rows are stored") as unknown },
      });
    },
  );

  describe("where the login may not read the view's tables", () => {
    const relations = new Map(
      [...catalog.relations].map(([path, relation]) => [
        path,
        path === "public.customers" ? { ...relation, isUnreadable: true } : relation,
      ]),
    );
    const unreadable = (sql: string) =>
      masking.decide(sql, who, { searchPath: ["public"] }, { ...catalog, version: "unreadable", relations });

    it("a computed column becomes null", () => {
      expect(masksOf(unreadable("select * from contacts"))).toEqual({
        "public.contacts.number": "partial",
        "public.contacts.area": "null",
      });
    });

    it("a view whose rows depend on a masked column is refused", () => {
      expect(unreadable("select count(*) from suspects")).toMatchObject({
        action: "deny",
        reason: {
          message:
            "view public.suspects chooses or groups its rows by public.customers.ssn, which is masked for you, and the proxy's login may not read public.customers in its place",
        },
      });
    });
  });
});

describe("a name whose meaning changes within a text", () => {
  it.each([
    "begin; create temp table customers (id int); rollback; select * from customers",
    "begin; create temp table customers (id int) on commit drop; commit; select * from customers",
    "begin; create temp table customers on commit drop as select 1 as id; commit; select * from customers",
    "savepoint s; create temp table customers (id int); rollback to s; select * from customers",
    "begin; set local search_path = mine; commit; select * from customers",
    "begin; set search_path = mine; rollback; select * from customers",
    "select set_config('search_path', 'mine', false) where false; select * from customers",
  ])("is never read as what it was: %s", (sql) => {
    expect(decide(sql).action).toBe("deny");
  });

  it.each([
    "begin; create temp table customers (id int); commit; select * from customers",
    "set search_path = mine; select * from customers",
    "begin; select * from mine.customers; rollback",
  ])("is read as what it is: %s", (sql) => {
    expect(decide(sql).action).toBe("forward");
  });
});

describe("sizes", () => {
  const filtering = enforcerFor(
    'filter public.customers as row where row.city == "Bonn" if "analyst" in principal.groups',
  );
  const textOf = (sql: string): unknown => {
    const verdict = filtering.decide(sql, who, { searchPath: ["public"] }, catalog);
    return verdict.action === "forward" ? verdict.text : verdict.action;
  };

  it.each([
    [
      "select pg_table_size('customers'), 1",
      "select pg_table_size(case when true then null else ('customers')::pg_catalog.regclass end), 1",
    ],
    [
      "select sum(pg_catalog.pg_relation_size((array[id, 2])[1], 'main')) from mine.customers",
      "select sum(pg_catalog.pg_relation_size(case when true then null else ((array[id, 2])[1])::pg_catalog.regclass end, 'main')) from mine.customers",
    ],
    [
      "select pg_size_pretty(pg_database_size(d.datname)) from pg_catalog.pg_database d",
      "select pg_size_pretty(pg_database_size(case when true then null else (d.datname) end)) from pg_catalog.pg_database d",
    ],
    ["select pg_size_pretty(1024)", "select pg_size_pretty(1024)"],
  ])("are asked of nothing where rows are filtered: %s", (sql, expected) => {
    expect(textOf(sql)).toBe(expected);
  });
});

describe("ways around the masks", () => {
  it.each([
    ["DO", "do $$ begin end $$"],
    ["a function of the user's own", "select mine.peek()"],
    ["statistics", "select * from pg_catalog.pg_stats"],
    ["the text that really runs", "select current_query() from customers"],
    ["that text, in a statement beside", "select current_query(); select ssn from customers"],
    ["texts of others", "select query from pg_stat_get_activity(null)"],
    ["a function definition", "create function f() returns int language sql as 'select 1'"],
  ])("are closed to whom something is masked, and open to others: %s", (_, sql) => {
    expect(decide(sql)).toMatchObject({ action: "deny", sqlstate: "42501" });
    expect(enforcerFor("limit rows 5").decide(sql, who, { searchPath: ["public"] }, catalog).action).toBe("forward");
  });
});

describe("a relation without masks that has the name of one with masks", () => {
  it.each([
    ["select * from customers c", 'select * from "mine".customers c'],
    ["select customers.city from customers", 'select customers.city from "mine".customers'],
    ["update customers set city = 'x' where id = 1", "update \"mine\".customers set city = 'x' where id = 1"],
    [
      "insert into customers (id) select id from customers",
      'insert into "mine".customers (id) select id from "mine".customers',
    ],
    ["with customers as (select 1) select * from customers", "with customers as (select 1) select * from customers"],
    [
      "create temp table customers (id int); select * from customers",
      'create temp table customers (id int); select * from "pg_temp".customers',
    ],
  ])("is named with its schema, since the bare name may mean the other one a moment later: %s", (sql, expected) => {
    expect(decide(sql, ["mine", "public"])).toMatchObject({ action: "forward", text: expected });
  });
});

describe("a statement inside another", () => {
  const guarded = enforcerFor(
    'deny "nobody deletes" if query.kind == "delete"\nlimit rows 5 if query.kind == "select"\napprove by "dba" if query.kind == "update"',
  );
  const decideGuarded = (sql: string) => guarded.decide(sql, who, { searchPath: ["public"] }, catalog);

  it.each([
    "delete from customers where id = 1",
    "prepare p as delete from customers where id = 1",
    "explain analyze delete from customers where id = 1",
    "copy (delete from customers where id = 1 returning id) to stdout",
    "create table gone as with d as (delete from customers where id = 1 returning id) select * from d",
    "prepare p as with d as (delete from customers returning id) select * from d",
  ])("is refused as if it stood alone: %s", (sql) => {
    const verdict = decideGuarded(sql);
    expect(verdict).toMatchObject({ action: "deny", reason: { message: "nobody deletes" } });
    expect(verdict.statements[0]?.decision.reasons).toHaveLength(1);
  });

  it("waits for approval and is limited as if it stood alone", () => {
    const outcome = (sql: string) => decideGuarded(sql).statements[0]?.decision;
    expect(outcome("prepare p as update customers set city = 'x' where id = 1")?.outcome).toBe("approve");
    expect(outcome("declare c cursor for select id from customers")?.limits.rows?.value).toBe(5);
  });

  it.each([
    "explain select id from customers",
    "prepare p as select id from customers",
    "insert into customers values (1)",
  ])("is let through where it would be alone: %s", (sql) => {
    expect(decideGuarded(sql).action).toBe("forward");
  });

  it("is not allowed by what it stands in, nor the other way round", () => {
    const selects = enforcerFor('allow if query.kind == "select"');
    const explains = enforcerFor('allow if query.kind == "explain"');
    const sql = "explain select id from customers";
    expect(selects.decide(sql, who, { searchPath: ["public"] }, catalog).action).toBe("deny");
    expect(explains.decide(sql, who, { searchPath: ["public"] }, catalog).action).toBe("forward");
  });
});

describe("what a verdict reads besides its text", () => {
  const noon = "noon if time.now_ns() % 2 == 0\n";
  const cases: readonly [name: string, policy: string, sql: string, reads: Partial<Verdict["reads"]>][] = [
    ["nothing", 'deny "no" if query.kind == "delete"', "select 1", {}],
    [
      "the clock, for the kind it asks about",
      `${noon}deny "late" if { query.category == "ddl"; noon }`,
      "drop table customers",
      { time: true },
    ],
    ["not for others", `${noon}deny "late" if { query.category == "ddl"; noon }`, "select 1", {}],
    [
      "for a carried statement of that kind",
      `${noon}deny "late" if { query.kind == "delete"; noon }`,
      "explain delete from customers where id = 1",
      { time: true },
    ],
    ["not for whom the rule is not about", `${noon}deny "late" if { "dba" in principal.groups; noon }`, "select 1", {}],
    [
      "its parameters, for the kind it asks about",
      'deny "no" if { query.kind == "select"; 13 in query.parameters }',
      "select $1::int",
      { parameters: true },
    ],
    [
      "not for others",
      'deny "no" if { query.kind == "select"; 13 in query.parameters }',
      "delete from customers where id = $1",
      {},
    ],
  ];
  it.each(cases)("%s: %s, %s", (_name, policy, sql, reads) => {
    const verdict = enforcerFor(policy).decide(sql, who, { searchPath: ["public"] }, catalog);
    expect(verdict.reads).toEqual({ time: false, parameters: false, text: false, ...reads });
  });

  it("keeps no verdict that the clock may change, and all others", () => {
    const enforcer = enforcerFor(`${noon}deny "late" if { query.category == "ddl"; noon }`);
    const decideOnce = (sql: string) => enforcer.decide(sql, who, { searchPath: ["public"] }, catalog);
    expect(decideOnce("drop table customers")).not.toBe(decideOnce("drop table customers"));
    expect(decideOnce("select 1")).toBe(decideOnce("select 1"));
  });

  it("shares verdicts of texts that differ in a literal unless a rule for the kind reads the text", () => {
    const enforcer = enforcerFor('deny "no" if { query.kind == "update"; contains(query.text, "13") }');
    const outcomes = ["select id from customers where id = 12", "select id from customers where id = 13"].map(
      (sql) => enforcer.decide(sql, who, { searchPath: ["public"] }, catalog).action,
    );
    const updates = [12, 13].map(
      (id) =>
        enforcer.decide(`update customers set city = 'x' where id = ${id}`, who, { searchPath: ["public"] }, catalog)
          .action,
    );
    expect([outcomes, updates]).toEqual([
      ["forward", "forward"],
      ["forward", "deny"],
    ]);
  });
});
