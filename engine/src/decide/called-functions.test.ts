import { compile } from "@penstock/language";
import { describe, expect, it, test } from "vitest";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import type { Verdict } from "../enforcer.ts";
import { createEnforcer } from "./enforcer.ts";
import { someone } from "./someone.ts";

function plpgsql(name: string, body: string, returns = "text") {
  const definition = `CREATE OR REPLACE FUNCTION public.${name}(n integer)\n RETURNS ${returns}\n LANGUAGE plpgsql\nAS $function$\n${body}\n$function$\n`;
  return { [`public.${name}`]: { language: "plpgsql", body: definition, arguments: ["n"] } };
}

const functions = {
  ...plpgsql(
    "p_grade",
    `declare total integer := 0; town towns%rowtype; name towns.city%type; one record;
    begin
      if n > 3 then return 'many'; elsif n < 0 then raise exception 'below: %', n using hint = city_of(n); end if;
      for one in select id, city from towns where id < n order by id loop
        total := total + one.id;
        continue when total > 10;
        raise notice '% %', one.city, total;
      end loop;
      for i in 1..n loop total := total + i; end loop;
      while total > 0 loop total := total - 1; exit when total = 3; end loop;
      select city into name from towns where id = n;
      get diagnostics total = row_count;
      case n when 1 then perform city_of(1); else null; end case;
      begin total := 1 / n; exception when division_by_zero then total := 0; end;
      return coalesce(name, full_name('x', total::text));
    end`,
  ),
  ...plpgsql("p_rows", "begin return query select * from towns; return; end", "SETOF towns"),
  ...plpgsql("p_reads", "begin return (select ssn from customers where id = n); end"),
  ...plpgsql("p_calls", "declare x text; begin x := number_of(n); return x; end"),
  ...plpgsql("p_loops", "declare r record; begin for r in table contacts loop return r.number; end loop; end"),
  ...plpgsql("p_default", "declare r record := (select row(ssn) from customers); begin return r::text; end"),
  ...plpgsql("p_calls_in_default", "declare r record := row(number_of(1)); begin return r::text; end"),
  ...plpgsql("p_index", "declare a text[]; begin a[(select length(max(ssn)) from customers)] := 'x'; return a; end"),
  ...plpgsql("p_counts", "declare a text[]; begin a[(select count(*) from customers)] := 'x'; return a; end"),
  ...plpgsql(
    "p_opens_text",
    "declare c refcursor; begin open c for execute 'table customers'; return c; end",
    "refcursor",
  ),
  ...plpgsql(
    "p_opens_hidden",
    "declare c cursor for select ssn from customers; begin open c; return c; end",
    "refcursor",
  ),
  ...plpgsql(
    "p_sees_details",
    "declare x text; begin update customers set city = null where id = n; exception when others then get stacked diagnostics x = pg_exception_detail; return x; end",
  ),
  ...plpgsql("p_logs", "begin insert into towns select id, ssn from customers where id = n; return 1; end"),
  ...plpgsql("p_raises", "begin raise notice '%', (select max(ssn) from customers); return ''; end"),
  ...plpgsql("p_catches", "begin return 1; exception when others then return (select max(ssn) from customers); end"),
  ...plpgsql("p_executes", "begin execute 'select 1'; return 1; end"),
  ...plpgsql("p_executes_for", "declare r record; begin for r in execute 'table customers' loop end loop; end"),
  ...plpgsql("p_returns_text", "begin return query execute 'table customers'; end", "SETOF text"),
  ...plpgsql("p_opens", "declare c refcursor; begin open c for select 1; return c; end", "refcursor"),
  "public.commits": {
    kind: "procedure" as const,
    language: "plpgsql",
    body: "CREATE OR REPLACE PROCEDURE public.commits()\n LANGUAGE plpgsql\nAS $procedure$begin delete from towns where id = 1; commit; call writes_city('x'); end$procedure$\n",
  },
  "public.writes_numbers": { kind: "procedure" as const, body: "insert into towns select id, ssn from customers" },
  "public.writes_city": { body: "update towns set city = $1" },
  "public.owned_by_path": { body: "select city from towns", security_definer: true, set: ["search_path=public, mine"] },
  ...plpgsql("p_writes", "begin update towns set city = ''; return 1; end"),
  ...plpgsql("p_sets", "begin set local search_path = mine; return 1; end"),
  ...plpgsql("p_broken", "begin retrun 1; end"),
  "public.full_name": { body: "select first || ' ' || full_name.last", arguments: ["first", "last"] },
  "public.city_of": { body: "select city from towns where id = $1" },
  "public.number_of": { body: "select ssn from customers where id = $1" },
  "public.nested": { body: "select coalesce(number_of($1), '')" },
  "public.by_view": { body: "select number from contacts" },
  "public.counts_suspects": { body: "select count(*) from suspects" },
  "public.evil": { body: "select number_of(n - 1)", arguments: ["n"] },
  "public.endless": { body: "select endless($1)" },
  "public.owned": { body: "select 1", security_definer: true },
  "public.as_role": { body: "select 1", set: ["role=admin"] },
  "public.pinned": { body: "select city from towns", set: ["search_path=mine, pg_temp"] },
  "public.by_user": { body: "select city from towns", set: ['search_path="$user", public'] },
  "public.writes": { body: "delete from towns" },
  "public.two_steps": { body: "select 1; with gone as (delete from towns returning id) select id from gone" },
  "public.sets": { body: "select set_config('search_path', 'mine', false)" },
  "public.asks_server": { body: "select rolname from pg_roles" },
  "public.reads_file": { body: "select pg_read_file('x')" },
  "public.by_text": { body: "select query_to_xml('table customers', true, true, '')" },
  "public.lost": { body: "select * from nowhere" },
  "public.no_argument": { body: "select x" },
  "public.field": { body: "select t.number_of", arguments: ["t"] },
  "public.broken": { body: "select from from" },
  "public.in_perl": { language: "plperl", body: "return 1;" },
  "public.lower": { body: "select $1" },
  "public.setseed": { body: "select number_of(1)" },
  "mine.tidy": { body: "select 1" },
  "public.calls_tidy": { body: "select tidy()" },
  "public.total": { kind: "aggregate" as const, body: "", calls: ["public.city_of"] },
  "public.total_of_numbers": { kind: "aggregate" as const, body: "", calls: ["public.city_of", "public.number_of"] },
  "public.bit_and": { body: "select 1" },
};

const table = { columns: { id: "int8", ssn: "text", city: "text" }, primary_key: ["id"] };
const catalog = parseCatalogFixture({
  tables: {
    "public.customers": table,
    "public.towns": { columns: { id: "int8", city: "text" } },
    "mine.towns": { columns: { id: "int8", city: "text" } },
  },
  views: {
    "public.contacts": "select id, ssn as number from public.customers",
    "public.suspects": "select id from public.customers where ssn like '1%'",
  },
  functions,
});

function decider(policy: string) {
  const { program, diagnostics } = compile({ sources: [{ path: "test.policy", text: `package test\n\n${policy}\n` }] });
  if (program === undefined) throw new Error(diagnostics.map((diagnostic) => diagnostic.message).join("\n"));
  const enforcer = createEnforcer(program);
  return (sql: string): Verdict => enforcer.decide(sql, someone(["analyst"]), { searchPath: ["public"] }, catalog);
}

function answer(verdict: Verdict): string {
  return verdict.action === "deny" ? verdict.reason.message : verdict.action;
}

describe("while something is hidden", () => {
  const decide = decider("mask public.customers.ssn with null()");

  it.each([
    "select full_name('Ada', 'Lovelace')",
    "select full_name(city, ssn) from customers",
    "select city_of(1)",
    "select * from city_of(1) c",
    "select id from towns where city_of(id) = 'Bonn'",
    "select pinned()",
    "select endless(1)",
    "select calls_tidy()",
    "select p_grade(1)",
    "select * from p_rows(1)",
    "select p_counts(1)",
    "select p_opens(1)",
    "select p_writes(1)",
    "select lower('x')",
    "select total(1)",
    "select owned()",
    "select writes()",
    "select two_steps()",
    "select asks_server()",
    "call commits()",
    "set statement_timeout = 100; select city_of(1)",
  ])("%s goes on, for it reads nothing hidden", (sql) => {
    expect(answer(decide(sql))).toBe("forward");
  });

  const reads = (name: string, relation = "public.customers") =>
    `function \`public.${name}\` reads ${relation}, of which something is hidden from you`;
  const does = (name: string, problem: string) => `function \`public.${name}\` ${problem}, and data is hidden from you`;

  it.each([
    ["select number_of(1)", reads("number_of")],
    ["select public.number_of(1)", reads("number_of")],
    ["select nested(1)", reads("number_of")],
    ["select evil(1)", reads("number_of")],
    ["select by_view()", reads("by_view", "public.contacts")],
    ["select counts_suspects()", reads("counts_suspects", "public.suspects")],
    ["select as_role()", does("as_role", "sets `role`")],
    ["select by_user()", does("by_user", "sets a search_path that depends on who calls it")],
    ["select sets()", does("sets", "changes settings of the session")],
    ["select reads_file()", "`pg_read_file` reaches data past its tables, and some of it is hidden from you"],
    [
      "select by_text()",
      "`query_to_xml` runs SQL given as text, which cannot be checked while data is hidden from you",
    ],
    ["select lost()", does("lost", "names relation `nowhere`, which is not known")],
    ["select no_argument()", does("no_argument", "names column `x`, which is not known")],
    ["select field(null)", does("field", "names column `t.number_of`, which is not known")],
    ["select broken()", does("broken", "has a body that cannot be read")],
    ["select in_perl()", does("in_perl", "is written in plperl")],
    ["select bit_and(1)", does("bit_and", "has the name of a built-in function")],
    ["select total_of_numbers(1)", reads("number_of")],
    [
      "select owned_by_path()",
      does(
        "owned_by_path",
        "runs with the rights of its owner (SECURITY DEFINER) and names `towns`, of which there are several",
      ),
    ],
    ["select p_opens_text(1)", does("p_opens_text", "runs OPEN … FOR EXECUTE")],
    ["select p_opens_hidden(1)", reads("p_opens_hidden")],
    ["select p_sees_details(1)", reads("p_sees_details")],
    ["select p_logs(1)", reads("p_logs")],
    ["call writes_numbers()", reads("writes_numbers")],
    [
      "select writes_city(ssn) from customers",
      "function `public.writes_city` could store a value that is masked for you",
    ],
    ["select setseed(1)", does("setseed", "has the name of a built-in function")],
    ["select p_reads(1)", reads("p_reads")],
    ["select p_calls(1)", reads("number_of")],
    ["select p_loops(1)", reads("p_loops", "public.contacts")],
    ["select p_default(1)", does("p_default", "names `customers` where it is not read")],
    ["select p_calls_in_default(1)", does("p_calls_in_default", "names `number_of` where it is not read")],
    ["select p_index(1)", reads("p_index")],
    ["select p_raises(1)", reads("p_raises")],
    ["select p_catches(1)", reads("p_catches")],
    ["select p_executes(1)", does("p_executes", "runs EXECUTE")],
    ["select p_executes_for(1)", does("p_executes_for", "runs FOR … IN EXECUTE")],
    ["select p_returns_text(1)", does("p_returns_text", "runs RETURN QUERY EXECUTE")],
    ["select p_sets(1)", does("p_sets", "runs `set`")],
    ["select p_broken(1)", does("p_broken", "has a body that cannot be read")],
    ["select absent()", "function `absent` is not known, and data is hidden from you"],
    [
      "create view v as select 1; select city_of(1)",
      does("city_of", "may mean something else after an earlier statement of the same text"),
    ],
    [
      "create temp table a (id int); alter table a inherit contacts; insert into a values (1)",
      "what a statement on pg_temp.a runs may be something else after an earlier statement of the same text, and data is hidden from you",
    ],
    [
      "rollback; select city_of(1)",
      does("city_of", "may mean something else after an earlier statement of the same text"),
    ],
  ])("%s is refused with the reason", (sql, reason) => {
    expect(answer(decide(sql))).toBe(reason);
  });
});

test("a relation's name counts where the session's search_path says what it means", () => {
  const decide = decider("mask mine.towns.city with null()");
  expect(answer(decide("select city_of(1)"))).toBe(
    "function `public.city_of` reads public.towns, of which something is hidden from you",
  );
  expect(answer(decide("select pinned()"))).toContain("reads mine.towns, of which something is hidden");
});

describe("where nothing is hidden, policies see what functions do", () => {
  const decide = decider(
    [
      `deny "no customers" if {\n  some t in query.tables\n  t.path == "public.customers"\n}`,
      `deny "no ssn" if {\n  some c in query.columns\n  c.name == "ssn"\n}`,
      `deny "no deleting" if {\n  some t in query.tables\n  "delete" in t.access\n}`,
      `deny "no files" if {\n  some f in query.functions\n  f.category == "file"\n}`,
    ].join("\n"),
  );

  it.each([
    ["select city_of(1)", "forward"],
    ["select owned()", "forward"],
    ["select in_perl()", "forward"],
    ["select number_of(1)", "no customers"],
    ["select nested(1)", "no customers"],
    ["select by_view()", "forward"],
    ["select writes()", "no deleting"],
    ["select two_steps()", "no deleting"],
    ["select p_grade(1)", "forward"],
    ["select p_reads(1)", "no customers"],
    ["select reads_file()", "no files"],
  ])("%s: %s", (sql, expected) => {
    expect(answer(decide(sql))).toContain(expected);
  });
});
