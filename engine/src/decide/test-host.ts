import {
  BuiltinError,
  fromValue,
  type Input,
  RegoObject,
  type RuleExplanation,
  type TestHost,
  toValue,
  type Value,
} from "@penstock/language";
import { BoundedCache } from "../bounded-cache.ts";
import { type Catalog, type Engine, objectPath } from "../catalog/catalog.ts";
import { engineLimits } from "../limits.ts";
import type { Program } from "@penstock/language";
import { printRule } from "./combine.ts";
import { decideStatement } from "./decide-statement.ts";
import { withHint } from "./explain-denial.ts";
import { explainStatement } from "./explain-statement.ts";
import type { NameContext, TokenResult } from "../enforcer.ts";
import type { Decision } from "./decision.ts";
import type { DecisionRecord } from "./decision-record.ts";
import { describePart } from "./describe-decision.ts";
import { type Preparation, type PreparedText, prepareText } from "./prepared-text.ts";
import {
  printApproval,
  printError,
  printFilter,
  printLimits,
  printNotification,
  printReason,
} from "./print-decision.ts";
import { queryValue } from "./query-value.ts";
import { defaultSubject, type Subject } from "./subject.ts";
import { SubjectMasks } from "./subject-masks.ts";
import { refusedVerdict, verdictOf } from "./verdict.ts";
import { World } from "./world.ts";

/** Names in tests and in `policy eval`: those of a session that has changed nothing. */
function testNames({ dialect, catalog }: World): NameContext {
  return { searchPath: dialect.defaultPath(catalog) };
}

/** Tests ask about one text for one person after another. */
const preparations = new WeakMap<World, BoundedCache<Preparation>>();

function preparedIn(world: World, sql: string): Preparation {
  let known = preparations.get(world);
  if (known === undefined) {
    known = new BoundedCache<Preparation>(engineLimits.texts, engineLimits.textChars);
    preparations.set(world, known);
  }
  let preparation = known.get(sql);
  if (preparation === undefined) {
    preparation = prepareText(world, sql, testNames(world));
    known.set(sql, preparation);
  }
  return preparation;
}

/** Decides a text for roots given as values, completed with an ordinary person on an ordinary connection. */
export function decideForRoots(...asked: Parameters<typeof decideToRun>): DecisionRecord {
  return decideToRun(...asked).decision;
}

/** The same, with what a result of the text, a single statement, has to be changed in. */
export function decideToRun(
  world: World,
  sql: string,
  roots: Partial<Input>,
  parameters?: readonly Value[],
  data?: Value,
): { readonly decision: DecisionRecord; readonly tokens: TokenResult | undefined } {
  const subject = subjectFor(world, roots);
  const prepared = preparedIn(world, sql);
  if ("kind" in prepared) {
    const refused = refusedVerdict(prepared);
    const record: DecisionRecord = {
      outcome: "deny",
      sqlstate: refused.sqlstate,
      reasons: [printReason(refused.reason)],
      masks: {},
      filters: {},
      approvals: [],
      notifications: [],
      limits: {},
      rules: [],
      errors: [],
      statements: [],
    };
    return { decision: record, tokens: undefined };
  }
  const masks = new SubjectMasks(world, subject, data);
  const decisions = prepared.prepared.map((statement, index) => {
    const query = queryOf(world, prepared, index, parameters);
    const input = { ...subject, query };
    return withHint(world, statement, input, decideStatement(world, statement, input, masks, data), data);
  });
  const verdict = verdictOf(world, sql, prepared, decisions, masks);
  const final = verdict.statements.map((statement) => statement.decision);
  const record: DecisionRecord = {
    outcome: verdict.action === "forward" ? "allow" : verdict.action,
    ...(verdict.action === "forward" ? { sql: verdict.text } : { sqlstate: verdict.sqlstate }),
    reasons:
      verdict.action !== "forward" && final.every((decision) => decision.reasons.length === 0)
        ? [printReason(verdict.reason)]
        : final.flatMap((decision) => decision.reasons.filter(({ code }) => code !== "together").map(printReason)),
    masks: Object.fromEntries(final.flatMap(masksOf)),
    filters: Object.fromEntries(
      final.flatMap(({ filters }) => [...filters].map(([path, filter]) => [path, printFilter(filter)])),
    ),
    approvals: final.flatMap(({ approvals }) => approvals.map(printApproval)),
    notifications: final.flatMap(({ notifications }) => notifications.map(printNotification)),
    limits: printLimits(final.map(({ limits }) => limits)),
    rules: [...new Set(final.flatMap((decision) => decision.rules.map(printRule)))],
    errors: final.flatMap(({ errors }) => errors.map(printError)),
    statements: verdict.statements.map(({ facts }) => ({
      kind: facts.kind,
      tables: facts.tables.map(({ relation }) => relation.path),
      columns: facts.columns.map(({ relation, column }) => objectPath(relation.schema, relation.name, column.name)),
    })),
  };
  return { decision: record, tokens: verdict.statements[0]?.tokens };
}

/**
 * The steps to a decision, each as a function to time: the whole way of a text that is new, and the way from the facts of its statements.
 * What is masked for the session whatever it asks is kept, as in a session.
 * @throws {Error} for a text that cannot be read
 */
export function stepsForRoots(
  world: World,
  sql: string,
  roots: Partial<Input>,
): { readonly whole: () => unknown; readonly fromFacts: () => unknown } {
  const subject = subjectFor(world, roots);
  const prepared = preparedIn(world, sql);
  if ("kind" in prepared) throw new Error(refusedVerdict(prepared).reason.message);
  const masks = new SubjectMasks(world, subject);
  const decide = ({ prepared: statements }: PreparedText): Decision[] =>
    statements.map((statement) => decideStatement(world, statement, { ...subject, query: statement.query }, masks));
  return {
    fromFacts: () => decide(prepared),
    whole: () => {
      const again = prepareText(world, sql, testNames(world));
      return "kind" in again ? again : verdictOf(world, sql, again, decide(again), masks);
    },
  };
}

/** Why each rule fired or did not, for each statement of a text; nothing for a text that cannot be read. */
export function explainForRoots(
  world: World,
  sql: string,
  roots: Partial<Input>,
  parameters?: readonly Value[],
  data?: Value,
): StatementExplanation[] {
  const subject = subjectFor(world, roots);
  const prepared = preparedIn(world, sql);
  if ("kind" in prepared) return [];
  return prepared.prepared.map((statement, index) => ({
    kind: statement.facts.kind,
    rules: explainStatement(world, statement, { ...subject, query: queryOf(world, prepared, index, parameters) }, data),
  }));
}

export interface StatementExplanation {
  readonly kind: string;
  readonly rules: readonly RuleExplanation[];
}

/** The `query` of one statement of a text. */
function queryOf(
  world: World,
  { prepared, slices, fingerprints }: PreparedText,
  index: number,
  parameters: readonly Value[] | undefined,
): Value {
  const statement = prepared[index];
  if (statement === undefined) throw new Error("a text has no such statement");
  if (parameters === undefined) return statement.query;
  const { facts } = statement;
  return queryValue(world, facts, slices[index] ?? "", fingerprints[index] ?? "", parameters.map(fromValue));
}

function subjectFor({ catalog }: World, roots: Partial<Input>): Subject {
  return {
    principal: complete(defaults.principal, roots.principal),
    session: complete(defaults.session, roots.session),
    target: complete(defaults.targets[catalog.engine], roots.target),
  };
}

function noRows(): never {
  throw new BuiltinError("rows(sql) needs a database, which `policy test` starts: run the test with it");
}

/**
 * What `test_` rules need from the engine: `decide(sql)` against a catalog fixture.
 * @param rows answers `rows(sql)`, where there is a database
 */
export function createTestHost(program: Program, catalog: Catalog, rows: TestHost["rows"] = noRows): TestHost {
  const world = new World(program, catalog, false);
  const given = new WeakMap<object, { readonly sql: string; readonly decision: DecisionRecord }>();
  return {
    decide: (sql, parameters, input, data) => {
      const decision = decideForRoots(world, sql, input, parameters, data);
      const value = toValue(decision);
      if (typeof value === "object" && value !== null) given.set(value, { sql, decision });
      return value;
    },
    rows,
    describe: (value, field) => {
      const known = typeof value === "object" && value !== null ? given.get(value) : undefined;
      return known && [known.sql, ...describePart(known.decision, field)];
    },
  };
}

/** Completed roots by the given one: what is the same for two statements is the same object, so that what is known of a session stays known. */
const completed = new Map<Value, WeakMap<RegoObject, Value>>();
const target = (engine: Engine) => toValue({ ...defaultSubject.target, engine });
const defaults = {
  principal: toValue(defaultSubject.principal),
  session: toValue(defaultSubject.session),
  targets: { postgres: target("postgres"), mysql: target("mysql"), mariadb: target("mariadb") },
} as const;

/** Fields that a test leaves out come from the defaults: fields that always exist must always exist. */
function complete(base: Value, given: Value | undefined): Value {
  if (!(given instanceof RegoObject) || !(base instanceof RegoObject)) return given ?? base;
  let known = completed.get(base);
  if (known === undefined) completed.set(base, (known = new WeakMap()));
  let value = known.get(given);
  if (value === undefined) {
    value = RegoObject.fromEntries([...base.entries(), ...given.entries()]);
    known.set(given, value);
  }
  return value;
}

function masksOf({ masks }: Decision): [string, DecisionRecord["masks"][string]][] {
  return [...masks.values()].flatMap(({ relation, columns }) =>
    [...columns.values()].map(({ column, mask, rules }): [string, DecisionRecord["masks"][string]] => [
      objectPath(relation.schema, relation.name, column.name),
      { name: mask.name, args: mask.args, rules: rules.map(printRule) },
    ]),
  );
}
