/** The Rego that `policy build --target rego` prints says what the compiled policies say, run by the language's own path for plain Rego. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseCatalogFixture, readPolicyFolder } from "@penstock/engine";
import {
  accessKinds,
  authMethods,
  categories,
  columnUses,
  compile,
  type Effect,
  format,
  functionCategories,
  type Input,
  principalKinds,
  RegoObject,
  RegoSet,
  statementKinds,
  tableKinds,
  type TestHost,
  toRego,
  toValue,
  type Value,
} from "@penstock/language";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileQuery } from "../../language/src/compile/compile.ts";
import { EvaluationContext } from "../../language/src/compile/evaluation-context.ts";
import { blankMemo, Environment } from "../../language/src/compile/runtime.ts";
import { durationMs } from "../../language/src/durations.ts";
import { languageLimits } from "../../language/src/limits.ts";
import { decideForRoots } from "../../engine/src/decide/test-host.ts";
import { World } from "../../engine/src/decide/world.ts";

const packs = fileURLToPath(new URL("../../policies", import.meta.url));
const folder = readPolicyFolder([packs], false);
const { program } = compile({ sources: folder.sources, data: folder.data });
const { files } = toRego(folder.sources);
if (program === undefined || files.length === 0) throw new Error("the packs do not compile");
const kinds = ["allow", "deny", "approve", "notify", "mask", "limit", "label"];
const packages = [...new Set(files.map(({ text }) => /^package (.*)$/m.exec(text)?.[1] ?? ""))].sort();
const questions = packages.flatMap((name) =>
  kinds
    .filter((kind) =>
      files.some(({ text }) => text.includes(`package ${name}\n`) && text.includes(`${kind} contains {`)),
    )
    .map((kind) => [kind, `data.${name}.${kind}`] as const),
);
const { query, diagnostics } = compileQuery({
  sources: files,
  query: `x := [${questions.map(([, path]) => path).join(", ")}]`,
});

interface Asked {
  readonly input: Input;
  readonly columns: readonly Value[];
  readonly catalog: readonly Value[];
  readonly data: Value;
}

/** What the Rego gives, each member of each set as one line. */
function regoEffects({ input, columns, catalog, data }: Asked): string[] {
  if (query === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const environment = new Environment(
    data,
    blankMemo(query.groups),
    new EvaluationContext(languageLimits.testStepsMax),
  );
  environment.input = RegoObject.fromEntries([
    ...Object.entries(input),
    ["columns", [...columns]],
    ["catalog", [...catalog]],
  ]);
  const solutions: (readonly Value[])[] = [];
  query.run(environment, solutions);
  const sets = solutions[0]?.[0];
  if (!Array.isArray(sets) || sets.length !== questions.length) throw new Error("a statement has no set");
  return sets
    .flatMap((set, index) => {
      const [kind = ""] = questions[index] ?? [];
      if (!(set instanceof RegoSet)) throw new Error(`${kind} is no set`);
      return set.members().map((member) => lineOf(kind, member));
    })
    .sort();
}

function lineOf(kind: string, member: Value): string {
  const field = (name: string): Value | undefined => (member instanceof RegoObject ? member.field(name) : undefined);
  const text = (name: string): string => {
    const value = field(name);
    return value === undefined ? "" : typeof value === "string" ? value : format(value);
  };
  const groups = field("groups");
  const names = Array.isArray(groups) ? groups.flatMap((one) => (one instanceof RegoSet ? one.members() : [one])) : [];
  switch (kind) {
    case "mask": {
      const mask = field("mask");
      const of = (name: string) => (mask instanceof RegoObject ? mask.field(name) : undefined);
      return `mask ${text("rule")} ${text("column")} ${format(of("name") ?? "").replaceAll('"', "")} ${format(of("args") ?? [])}`;
    }
    case "limit":
      return `limit ${text("rule")} ${text("what")} ${text("what") === "duration" ? (durationMs(text("value")) ?? "") : text("value")}`;
    case "approve":
      return `approve ${text("rule")} ${names.map(String).sort().join()} ${durationMs(text("for")) ?? ""} ${text("because")}`;
    default:
      return `${kind} ${["rule", "message", "code", "channel", "because", "column", "label"].map(text).join(" ")}`;
  }
}

/** What the compiled policies give, in the same lines. */
function compiledEffects({ input, columns, catalog, data }: Asked): string[] {
  const effects = program?.evaluate(input, columns, data) ?? [];
  const labels = program?.explain({ input, maskCandidates: [], catalogColumns: catalog, data }) ?? [];
  return [...effects, ...labels.flatMap((rule) => rule.effects.filter((effect) => effect.kind === "label"))]
    .map((effect) => {
      const rule = `${effect.rule.package}:${effect.rule.line}`;
      switch (effect.kind) {
        case "label":
          return `label ${rule}     ${effect.column} ${effect.label}`;
        case "mask":
          return `mask ${rule} ${effect.column} ${effect.mask.name} ${format([...effect.mask.args])}`;
        case "limit":
          return `limit ${rule} ${effect.what} ${effect.value}`;
        case "approve":
          return `approve ${rule} ${effect.groups.join()} ${effect.durationMs ?? ""} ${effect.message ?? ""}`;
        case "filter":
          throw new Error("no pack filters rows, and `evaluate` gives no filters");
        case "error":
          throw new Error(effect.message);
        case "allow":
        case "deny":
        case "notify":
          return plain(effect, rule);
      }
    })
    .sort();
}

function plain(effect: Extract<Effect, { kind: "allow" | "deny" | "notify" }>, rule: string): string {
  switch (effect.kind) {
    case "allow":
      return `allow ${rule}      `;
    case "deny":
      return `deny ${rule} ${effect.message} ${effect.code ?? ""}    `;
    case "notify":
      return `notify ${rule}   ${effect.channel} ${effect.message ?? ""}  `;
  }
}

test("in every test of the packs", () => {
  const tested = readPolicyFolder([packs], true);
  const all = compile({ sources: tested.sources, data: tested.data }).program;
  if (all === undefined) throw new Error("the tests of the packs do not compile");
  const fixture: unknown = JSON.parse(readFileSync(`${packs}/testdata/catalog.json`, "utf8"));
  const world = new World(all, parseCatalogFixture(fixture));
  let [compared, fired, failed] = [0, 0, 0];
  const differences: unknown[] = [];
  // Whatever the engine asks the program on its way to a decision, the Rego is asked too.
  const evaluate = all.evaluateStatement.bind(all);
  Object.assign(all, {
    evaluateStatement: (input: Input, columns: readonly Value[], data: Value | undefined) => {
      const asked = { input, columns, catalog: [], data: data ?? toValue(tested.data) };
      const errors = evaluate(input, columns, data).filter((effect) => effect.kind === "error");
      // A condition that fails: Rego has no rule then, where the compiled one denies.
      if (errors.length > 0) {
        failed++;
        return evaluate(input, columns, data);
      }
      const wanted = compiledEffects(asked);
      const given = regoEffects(asked);
      if (JSON.stringify(given) !== JSON.stringify(wanted)) differences.push({ given, wanted });
      compared++;
      fired += wanted.length;
      return evaluate(input, columns, data);
    },
  });
  const host: TestHost = {
    rows: () => null,
    decide: (sql, parameters, input, data) => toValue(decideForRoots(world, sql, input, parameters, data)),
  };
  for (const one of all.tests.filter(({ usesRows }) => !usesRows))
    expect(`${one.name} ${one.run(host).outcome}`).toBe(`${one.name} passed`);
  expect(differences).toEqual([]);
  expect(compared).toBeGreaterThan(150);
  expect(failed).toBeLessThan(compared / 20);
  expect(fired).toBeGreaterThan(compared);
});

const labels = ["", "pii.email", "pii.salary", "pii.birth_date", "pci.pan", "secret.key", "phi.diagnosis", "pii"];
const word = fc.constantFrom(
  "users",
  "orders",
  "pg_stat_activity",
  "email",
  "home_phone",
  "ssn",
  "diagnosis",
  "id",
  "salary",
);
const setOf = (values: readonly string[]) => fc.subarray([...values]).map((some) => new Set(some));
const column = fc
  .record({
    schema: fc.constantFrom("public", "pg_catalog", "pg_temp_3"),
    table: word,
    name: word,
    type: fc.constantFrom("text", "integer", "inet", "date"),
    comment: fc.constantFrom("", "@label pii.email", "home address"),
    label: fc.constantFrom(...labels),
    uses: setOf(columnUses),
  })
  .map((of) => ({
    ...of,
    path: `${of.schema}.${of.table}.${of.name}`,
    labels: new Set(of.label === "" ? [] : [of.label]),
  }));
const asked = fc.record({
  principal: fc.record({
    id: fc.constant("x"),
    name: fc.constant("X"),
    kind: fc.constantFrom(...principalKinds),
    groups: setOf(["dba", "analyst", "support", "hr", "migrations", "payments", "finance"]),
    claims: fc.constant({}),
    auth: fc.record({ method: fc.constantFrom(...authMethods), mfa: fc.boolean(), at_ns: fc.constant(0) }),
  }),
  target: fc.record({
    name: fc.constant("app"),
    environment: fc.constantFrom("production", "test"),
    tags: fc.constant({}),
  }),
  query: fc.record({
    text: fc.constant("select 1"),
    kind: fc.constantFrom(...Object.keys(statementKinds)),
    category: fc.constantFrom(...categories),
    tables: fc.array(
      fc
        .record({
          schema: fc.constantFrom("public", "pg_catalog"),
          name: word,
          kind: fc.constantFrom(...tableKinds),
          access: setOf(accessKinds),
          labels: setOf(labels),
        })
        .map((table) => ({ ...table, path: `${table.schema}.${table.name}` })),
      { maxLength: 3 },
    ),
    columns: fc.array(column, { maxLength: 3 }),
    outputs: fc.constant([]),
    functions: fc.array(
      fc.record({
        schema: fc.constant("pg_catalog"),
        name: fc.constantFrom("now", "pg_sleep", "pg_read_file", "lo_get"),
        builtin: fc.boolean(),
        category: fc.constantFrom(...functionCategories),
      }),
      { maxLength: 2 },
    ),
    has_where: fc.boolean(),
    where_is_constant: fc.boolean(),
    joins: fc.nat(3),
  }),
  columns: fc.uniqueArray(column, { maxLength: 5, selector: ({ path }) => path }),
  enforced: fc.boolean(),
});

test("for generated people, statements and columns", () => {
  let fired = 0;
  fc.assert(
    fc.property(asked, ({ principal, target, query: of, columns, enforced }) => {
      const all = columns.map(toValue);
      const question = {
        input: {
          principal: toValue(principal),
          session: toValue({ tags: {} }),
          target: toValue(target),
          query: toValue(of),
        },
        columns: all,
        catalog: columns.map((one) => toValue({ ...one, label: "", labels: new Set() })),
        data: toValue({ ...folder.data, least_privilege: { enforced, grants: [] } }),
      };
      const wanted = compiledEffects(question);
      expect(regoEffects(question)).toEqual(wanted);
      fired += wanted.length;
    }),
    { numRuns: 400 },
  );
  expect(fired).toBeGreaterThan(400);
});
