import { describe, expect, test } from "vitest";
import type { ConditionExplanation, Program, RuleExplanation } from "../program.ts";
import { format, toValue, type Value } from "../values.ts";
import { parseModule } from "../syntax/parse.ts";
import { analyse } from "./analyse.ts";
import { compile } from "./compile.ts";
import { withUsed } from "./rule-tree.ts";

const input = {
  principal: toValue({ kind: "human", groups: new Set(["analyst"]), claims: { region: "eu" } }),
  session: toValue({ database: "app" }),
  target: toValue({ environment: "staging" }),
  query: toValue({
    kind: "update",
    category: "write",
    tables: [
      { path: "public.orders", access: new Set(["read"]) },
      { path: "public.users", access: new Set(["update"]) },
    ],
    columns: [],
    functions: [],
    has_where: false,
  }),
};

function programOf(text: string, data: unknown = {}): Program {
  const { program, diagnostics } = compile({ sources: [{ path: "p.policy", text: `package p\n\n${text}` }], data });
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return program;
}

function explain(text: string, maskCandidates: readonly Value[] = [], data: unknown = {}): RuleExplanation[] {
  return programOf(text, data).explain({ input, maskCandidates });
}

/** `outcome expression tried/held name=value`, helper rules indented by their conditions. */
function lines(conditions: readonly ConditionExplanation[], indent = ""): string[] {
  return conditions.flatMap(({ outcome, expression, tried, held, values, rules }) => [
    `${indent}${outcome} ${expression} ${held}/${tried}${values.map(({ name, values: seen }) => ` ${name}=${seen.map(format).join("|")}`).join("")}`,
    ...rules.flatMap(({ definitions }) => definitions.flatMap((one) => lines(one.conditions, `${indent}  `))),
  ]);
}

const examples: [name: string, policy: string, outcome: RuleExplanation["outcome"], expected: string[]][] = [
  [
    "conditions stand in the order in which they are asked, with what they saw, up to the first that fails",
    'deny "no" if {\n  not query.has_where\n  target.environment == "production"\n  "dba" in principal.groups\n}',
    "not_fired",
    [
      'failed target.environment == "production" 0/1 target.environment="staging"',
      'not_reached "dba" in principal.groups 0/0',
      "not_reached not query.has_where 0/0",
    ],
  ],
  [
    "of several elements, the one that came furthest is shown, and how many were tried",
    'deny "no" if {\n  some t in query.tables\n  "update" in t.access\n  t.path == "public.orders"\n}',
    "not_fired",
    [
      'held some t in query.tables 2/1 query.tables=[{"access": {"read"}, "path": "public.orders"}, {"access": {"update"}, "path": "public.users"}]',
      'held "update" in t.access 1/2 t.access={"update"}',
      'failed t.path == "public.orders" 0/1 t.path="public.users"',
    ],
  ],
  [
    "a rule that is asked by name is opened, with the definition that holds",
    'deny "no" if risky\n\nrisky if query.category == "ddl"\n\nrisky if not query.has_where',
    "fired",
    [
      "held risky 1/1 risky=true",
      '  failed query.category == "ddl" 0/1 query.category="write"',
      "  held not query.has_where 1/1 query.has_where=false",
    ],
  ],
  [
    "a function is opened too, and what it was given is seen",
    'deny "no" if reads(query.tables[1])\n\nreads(table) if "read" in table.access',
    "not_fired",
    [
      'failed reads(query.tables[1]) 0/1 query.tables[1]={"access": {"update"}, "path": "public.users"}',
      '  failed "read" in table.access 0/1 table.access={"update"}',
    ],
  ],
  [
    "a reference that iterates shows all that it met",
    'deny "no" if query.tables[_].path == "public.x"',
    "not_fired",
    ['failed query.tables[_].path == "public.x" 0/1 query.tables[_].path="public.orders"|"public.users"'],
  ],
  [
    "what is undefined is seen as nothing",
    'deny "no" if principal.claims.level == 3',
    "not_fired",
    ["failed principal.claims.level == 3 0/1 principal.claims.level="],
  ],
  [
    "an error shows where it came about",
    'deny "no" if {\n  not query.has_where\n  to_number(target.environment) > 3\n}',
    "error",
    [
      "held not query.has_where 1/1 query.has_where=false",
      'error to_number(target.environment) > 3 0/1 target.environment="staging"',
    ],
  ],
  [
    "`with` and `every` count as one condition each",
    'deny "no" if {\n  every t in query.tables { "read" in t.access }\n  not query.has_where with query.has_where as true\n}',
    "not_fired",
    [
      'failed every t in query.tables { "read" in t.access } 0/1 query.tables=[{"access": {"read"}, "path": "public.orders"}, {"access": {"update"}, "path": "public.users"}]',
      "not_reached not query.has_where with query.has_where as true 0/0",
    ],
  ],
];

test.each(examples)("%s", (_, policy, outcome, expected) => {
  const [rule] = explain(policy);
  expect(lines(rule?.conditions ?? [])).toEqual(expected);
  expect(rule?.outcome).toBe(outcome);
});

describe("rules that have nothing to do with the query are told apart", () => {
  test.each([
    ["another kind of statement", 'deny "no" if query.kind in {"select", "drop_table"}', true],
    ["another table", 'deny "no" if {\n  some t in query.tables\n  t.path == "public.x"\n}', true],
    [
      "its kind, another environment",
      'deny "no" if {\n  query.kind == "update"\n  target.environment == "x"\n}',
      false,
    ],
    ["no condition on the statement", 'deny "no" if target.environment == "x"', false],
  ])("%s", (_, policy, excluded) => {
    expect(explain(policy)).toMatchObject([{ outcome: "not_fired", excluded }]);
  });
});

test("masks are explained over all columns, those of another label are no near miss", () => {
  const columns = ["pii.email", "pii.phone", ""].map((label, index) =>
    toValue({ path: `public.users.c${index}`, label, uses: new Set() }),
  );
  const [email, phone, card, own] = explain(
    'mask column with email() if column.label == "pii.email"\n\nmask column with null() if {\n  column.label == "pii.phone"\n  principal.kind == "agent"\n}\n\nmask column with null() if column.label == "pci.pan"\n\nmask public.users.c2 with null()',
    columns,
  );
  expect(email?.effects).toMatchObject([{ kind: "mask", column: "public.users.c0" }]);
  expect(phone).toMatchObject({ outcome: "not_fired", excluded: false });
  expect(card).toMatchObject({ outcome: "not_fired", excluded: true });
  expect(own?.effects).toMatchObject([{ kind: "mask", column: "public.users.c2" }]);
});

test("a label is explained for columns as the catalog has them", () => {
  const program = programOf('label column as "pii.email" if startswith(column.name, "mail")');
  const columns = ["mail", "name"].map((name) => toValue({ path: `public.users.${name}`, name }));
  const [rule] = program.explain({ input, maskCandidates: [], catalogColumns: columns });
  expect(rule?.effects).toEqual([
    {
      kind: "label",
      rule: { package: "p", file: "p.policy", line: 3 },
      column: "public.users.mail",
      label: "pii.email",
    },
  ]);
});

test("an error that the dispatcher never meets is none", () => {
  // The condition on the kind is asked first, and the one on the table by an index.
  const policies = [
    'deny "no" if {\n  to_number(target.environment) > 3\n  query.kind == "select"\n}',
    'deny "no" if {\n  to_number(query.tables[0].path) > 3\n  some t in query.tables\n  t.path == "public.x"\n}',
  ];
  for (const policy of policies) {
    expect(programOf(policy).evaluate(input, [])).toEqual([]);
    expect(explain(policy)).toMatchObject([{ outcome: "not_fired", effects: [] }]);
  }
});

test("an attribute of the vocabulary is known by its name, whatever the variable is called; data and claims of nobody are none", () => {
  const [rule] = explain(
    'deny "no" if {\n  some t in query.tables\n  x := t.access\n  "read" in x\n  data.secret == 1\n  f(t)\n}\n\nf(y) if y.path == "z"',
    [],
    { secret: 1 },
  );
  const attributes = (conditions: readonly ConditionExplanation[]): unknown[] =>
    conditions.flatMap(({ values, rules }) => [
      ...values.map(({ name, attribute }) => [name, attribute]),
      ...rules.flatMap(({ definitions }) => definitions.flatMap((one) => attributes(one.conditions))),
    ]);
  expect(attributes(rule?.conditions ?? [])).toEqual([
    ["data.secret", undefined],
    ["query.tables", "query.tables"],
    ["t.access", "query.tables.*.access"],
    ["x", "query.tables.*.access"],
    ["t", "query.tables.*"],
    ["y.path", undefined],
  ]);
});

test("a statement is explained by its own rules: those of others are not compiled with it", () => {
  const text = `package p
own if below
below if query.kind == "drop_table"
other if query.kind == "select"
deny "one" if own
deny "two" if other
`;
  const modules = [parseModule({ path: "p.policy", text }).tree].filter((tree) => tree !== undefined);
  const used = analyse(modules).decisions.map(({ plan }) => [...withUsed(plan.uses)].map(({ path }) => path.join(".")));
  expect(used).toEqual([["p.own", "p.below"], ["p.other"]]);
});
