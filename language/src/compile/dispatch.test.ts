import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatDiagnostics } from "../format-diagnostics.ts";
import type { Effect, Input, Program } from "../program.ts";
import { toValue, type Value } from "../values.ts";
import { compile } from "./compile.ts";

function programOf(text: string): Program {
  const sources = [{ path: "a.policy", text: `package a\n${text}` }];
  const { program, diagnostics } = compile({ sources });
  if (program === undefined) throw new Error(formatDiagnostics(diagnostics, sources));
  return program;
}

interface Facts {
  readonly kind: string;
  readonly principal: string;
  readonly groups: unknown;
  readonly level: number | string;
  readonly tables: readonly string[];
  readonly labels: readonly string[];
}

const facts: fc.Arbitrary<Facts> = fc.record({
  kind: fc.constantFrom("select", "update", "delete"),
  principal: fc.constantFrom("human", "agent"),
  groups: fc
    .subarray(["dba", "hr"])
    .chain((groups) =>
      fc.constantFrom<unknown>(
        new Set(groups),
        groups,
        Object.fromEntries(groups.map((name, index) => [String(index), name])),
        groups.join(),
      ),
    ),
  level: fc.constantFrom(1, "not a number"),
  tables: fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
  labels: fc.array(fc.constantFrom("", "pii", "secret", "secret.key"), { maxLength: 3 }),
});

function columnOf(label: string, index: number): Value {
  const name = ["a", "b", "c"][index] ?? "d";
  const labels = new Set(label === "" ? [] : [label]);
  const uses = new Set([index === 1 ? "filter" : "output"]);
  return toValue({ schema: "public", table: "users", name, path: `public.users.${name}`, label, labels, uses });
}

function inputOf({ kind, principal, groups, level, tables, labels }: Facts, columns: readonly Value[]): Input {
  return {
    principal: toValue({ id: "ann", kind: principal, groups, claims: { level } }),
    session: toValue({ database: "shop" }),
    target: toValue({ environment: "production" }),
    query: toValue({
      kind,
      category: kind === "select" ? "read" : "write",
      columns,
      functions: labels.map((label) => ({ schema: "x", name: label, category: label === "pii" ? "file" : "pure" })),
      tables: tables.map((name) => ({ schema: "public", name, path: `public.${name}`, access: new Set(["read"]) })),
    }),
  };
}

const aboutSession = [
  '"dba" in principal.groups',
  'not "dba" in principal.groups',
  'principal.kind == "agent"',
  "principal.claims.level + 1 > 0",
  '"hr" in principal.groups',
];
const aboutQuery = [
  'query.kind == "update"',
  'query.kind in {"select", "update"}',
  'startswith(query.kind, "up")',
  'not query.category == "read"',
  "reads",
  'query.tables[_].path == "public.a"',
  'some t in query.tables; t.name in {"b", "c"}',
  'some u in query.tables; u.path == "public.c"; "read" in u.access',
  'some c in query.columns; c.label == "secret"',
  'some f in query.functions; f.category in {"file", "network"}',
  "some g in query.functions; contains(g.name, query.kind)",
  "some h in query.functions; h.name != query.kind",
];
const aboutColumn = [
  'column.label == "pii"',
  'label.within(column.label, "secret")',
  'not column.label == "pii"',
  'column.name == "a"',
  '"filter" in column.uses',
  "sensitive(column)",
];
const helpers = 'reads if query.category == "read"\nsensitive(c) if startswith(c.label, "s")\n';

/** What can be neither indexed nor evaluated early, and holds always: one condition that reads all and binds the roots again. */
const opaquely = (condition: string): string =>
  condition.replaceAll(/\bquery\./g, "input[q].").replaceAll(/\bprincipal\./g, "input[p].");

test.each([
  ["deny", 'deny "no"', [...aboutSession, ...aboutQuery]],
  ["mask column", "mask column with null()", [...aboutSession, ...aboutQuery, ...aboutColumn]],
  ["mask of a path", "mask public.users.b with null()", [...aboutSession, ...aboutQuery]],
  ["deny by kind", 'deny sprintf("no %s", [query.kind]) code query.category', [...aboutSession, ...aboutQuery]],
  ["deny by session", 'deny sprintf("no %d", [principal.claims.level + 1])', [...aboutSession, ...aboutQuery]],
  ["deny by text", 'deny sprintf("%d tables", [count(query.tables)])', [...aboutSession, ...aboutQuery]],
  ["filter", "filter public.a as row where row.kind == query.kind", [...aboutSession, ...aboutQuery]],
  ["filter by group", "filter public.a as row where row.group in principal.groups", [...aboutSession, ...aboutQuery]],
  ["filter by table", "filter public.a as row where { some w in query.tables; row.name == w.name }", [...aboutSession]],
  ["limit", "limit rows 7 + count(principal.groups)", [...aboutSession, ...aboutQuery]],
])("%s: index and early evaluation answer as a program without them does", (_, head, conditions) => {
  fc.assert(
    fc.property(
      fc.array(fc.subarray(conditions, { maxLength: 3 }), { minLength: 1, maxLength: 6 }),
      fc.array(facts, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(2), facts, fc.boolean()), { minLength: 1, maxLength: 8 }),
      (bodies, people, statements) => {
        const plain = bodies.map((body) => `${head} if { ${[...body, "true"].join("; ")} }`);
        const hidden = bodies.map((body) => {
          const moved = [...body.map(opaquely), "true"].join("; ");
          return `${head} if { input == input; q := lower("QUERY"); p := lower("PRINCIPAL"); r := input[q]; ${moved}; r }`;
        });
        const indexed = programOf(helpers + plain.join("\n"));
        const slow = programOf(opaquely(helpers).replace("input[q]", 'input[lower("QUERY")]') + hidden.join("\n"));
        // A session is known by its values: what was found out for it is used again for its next statement.
        const sessions = people.map((each) => inputOf(each, []));
        for (const [who, given, isApart] of statements) {
          const columns = given.labels.map(columnOf);
          const { query } = inputOf(given, columns);
          const input = { ...sessions[who % sessions.length]!, query };
          const filtersOf = (program: Program): Effect[] => [
            ...program.filters(input, ["public.a", "public.b"]),
            ...program.fixedFilters(input, ["public.a", "public.b"]),
          ];
          const expected = holding([...slow.evaluate(input, columns), ...filtersOf(slow)]);
          // Once only, one way or the other: a second evaluation would hide what the first one leaves behind.
          const effects = isApart
            ? [...indexed.evaluateStatement(input, columns), ...indexed.fixedMasks(input, columns)]
            : indexed.evaluate(input, columns);
          expect(holding([...effects, ...filtersOf(indexed)])).toEqual(expected);
        }
      },
    ),
    { numRuns: 80 },
  );
});

/** Which of two conditions fails first is open: where one is false, an error of another need not show. */
function holding(effects: readonly Effect[]): string[] {
  return effects
    .filter(({ kind }) => kind !== "error")
    .map((effect) => `${effect.rule.line} ${detailOf(effect)}`)
    .sort();
}

function detailOf(effect: Effect): string {
  switch (effect.kind) {
    case "mask":
      return effect.column;
    case "deny":
      return `${effect.message} ${effect.code ?? ""}`;
    case "filter":
      return `${effect.relation} ${JSON.stringify(effect.predicate)}`;
    case "limit":
      return `${effect.what} ${effect.value}`;
    default:
      return effect.kind;
  }
}

test("what is settled for the session and the kind comes as one array, until something else fires", () => {
  const program = programOf(
    'limit rows 5 if principal.kind == "agent"\n' +
      'deny sprintf("no %s", [query.kind]) if query.kind == "delete"\n' +
      'deny "secret" if query.tables[_].path == "public.a"',
  );
  const subject = inputOf({ kind: "select", principal: "agent", groups: [], level: 1, tables: [], labels: [] }, []);
  const asked = (kind: string, tables: readonly string[]) => {
    const { query } = inputOf({ kind, principal: "agent", groups: [], level: 1, tables, labels: [] }, []);
    return program.evaluateStatement({ ...subject, query }, []);
  };
  expect(asked("select", ["b"])).toBe(asked("select", []));
  expect(holding(asked("select", ["b"]))).toEqual(["2 rows 5"]);
  expect(holding(asked("delete", ["b"]))).toEqual(["2 rows 5", "3 no delete "]);
  expect(holding(asked("delete", ["a"]))).toEqual(["2 rows 5", "3 no delete ", "4 secret "]);
  expect(holding(asked("delete", ["b"]))).toEqual(["2 rows 5", "3 no delete "]);
});

test("a rule that asks for a table fires for each kind of statement in turn, whatever the session has sent before", () => {
  const program = programOf('deny "a" if { some t in query.tables; t.path in {"public.a", "public.b"} }');
  const subject = inputOf({ kind: "select", principal: "human", groups: [], level: 1, tables: [], labels: [] }, []);
  const asked = (kind: string, tables: readonly string[]) => {
    const { query } = inputOf({ kind, principal: "human", groups: [], level: 1, tables, labels: [] }, []);
    return holding(program.evaluateStatement({ ...subject, query }, []));
  };
  const fired = ["select", "delete", "update", "select", "update", "delete", "delete", "select"].map((kind) =>
    asked(kind, ["a", "b"]),
  );
  expect(fired).toEqual(fired.map(() => ["2 a "]));
  expect(asked("select", ["c"])).toEqual([]);
});

test("a failure in what would be settled shows for every statement", () => {
  const program = programOf("limit rows principal.claims.level * 2");
  const input = inputOf({ kind: "select", principal: "human", groups: [], level: "x", tables: [], labels: [] }, []);
  for (let time = 0; time < 2; time += 1) {
    expect(program.evaluateStatement(input, []).map(({ kind }) => kind)).toEqual(["error"]);
  }
});

test("an error shows once where no condition is false, and hides where one is", () => {
  const program = programOf(
    'deny "x" if { some t in query.tables; t.path == "public.a"; principal.claims.level + 1 > 0 }\n' +
      'mask column with null() if { column.name == "a"; principal.claims.level + 1 > 0 }',
  );
  const columns = ["pii", "pii"].map(columnOf);
  const at = (tables: readonly string[]): string[] => {
    const input = inputOf({ kind: "select", principal: "human", groups: [], level: "x", tables, labels: [] }, columns);
    return program.evaluate(input, columns).map(({ kind, rule }) => `${kind} ${rule.line}`);
  };
  expect(at(["a", "a"])).toEqual(["error 2", "error 3"]);
  expect(at(["b"])).toEqual(["error 3"]);
});

test.each([
  ["label", 'mask column with null() if column.label == "pii"', true],
  ["name and type", 'mask column with null() if { column.name == "a"; column.path != "x" }', true],
  [
    "a session rule of the label",
    'f(l) if { l == "pii"; principal.kind == "human" }\nmask column with null() if f(column.label)',
    true,
  ],
  ["an iteration", 'mask column with null() if { some l in {"pii", "x"}; l == column.label }', true],
  ["its uses", 'mask column with null() if "output" in column.uses', false],
  ["the column as a whole", "f(c) if c.uses\nmask column with null() if f(column)", false],
  ["the query", 'mask column with null() if query.kind == "select"', false],
  ["the query in an argument", "mask column with constant(query.kind)", false],
  ["the clock", "mask column with null() if time.now_ns() > 1", false],
])("a mask that reads %s is fixed: %#", (_, text, isFixed) => {
  const program = programOf(text);
  const columns = [columnOf("pii", 0)];
  const input = inputOf({ kind: "select", principal: "human", groups: [], level: 1, tables: [], labels: [] }, columns);
  expect(program.evaluate(input, columns)).toHaveLength(1);
  expect(program.fixedMasks(input, columns)).toHaveLength(isFixed ? 1 : 0);
  expect(program.evaluateStatement(input, columns)).toHaveLength(isFixed ? 0 : 1);
});

test.each([
  ["the session", 'filter a.b as row where row.x == principal.id if principal.kind == "human"', true],
  ["rules of the session", "mine := {g | some g in principal.groups}\nfilter a.b as row where row.x in mine", true],
  ["the query in a condition", 'filter a.b as row where row.x == 1 if query.kind == "select"', false],
  ["the query for its rows", "filter a.b as row where row.x == query.kind", false],
  ["the clock for its rows", "filter a.b as row where row.x > time.now_ns()", false],
])("a filter that reads %s is fixed: %#", (_, text, isFixed) => {
  const program = programOf(text);
  const input = inputOf({ kind: "select", principal: "human", groups: [], level: 1, tables: [], labels: [] }, []);
  expect(program.fixedFilters(input, ["a.b", "a.c"])).toHaveLength(isFixed ? 1 : 0);
  expect(program.filters(input, ["a.b", "a.c"])).toHaveLength(isFixed ? 0 : 1);
  expect([...program.fixedFilters(input, ["a.c"]), ...program.filters(input, ["a.c"])]).toEqual([]);
});
