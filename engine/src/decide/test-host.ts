import {
  fromValue,
  type Input,
  RegoObject,
  type RuleExplanation,
  type TestHost,
  toValue,
  type Value,
} from "@penstock/language";
import { type Catalog, objectPath } from "../catalog/catalog.ts";
import type { Program } from "@penstock/language";
import { printPredicate } from "../filters/print-predicate.ts";
import { printRule } from "./combine.ts";
import { decideStatement } from "./decide-statement.ts";
import { withHint } from "./explain-denial.ts";
import { explainStatement } from "./explain-statement.ts";
import type { Verdict } from "../enforcer.ts";
import type { Decision, Limits, Reason } from "./decision.ts";
import { type PreparedText, prepareText } from "./prepared-text.ts";
import { queryValue } from "./query-value.ts";
import { defaultSubject, type Subject } from "./subject.ts";
import { SubjectMasks } from "./subject-masks.ts";
import { refusedVerdict, verdictOf } from "./verdict.ts";
import { World } from "./world.ts";

/** search_path of tests and of `policy eval`: PostgreSQL's default for a user without a schema of its own name. */
const testNames = { searchPath: ["public"] };

/** A decision as data: what `decide(sql)` gives to a test and `policy eval --format json` prints. */
export interface DecisionRecord {
  readonly outcome: "allow" | "approve" | "deny";
  readonly sqlstate?: string;
  readonly reasons: readonly {
    readonly message: string;
    readonly code?: string;
    readonly rule?: string;
    readonly hint?: string;
  }[];
  /** By column path. */
  readonly masks: Readonly<
    Record<string, { readonly name: string; readonly args: readonly unknown[]; readonly rules: readonly string[] }>
  >;
  /** By table path: conditions on `row` as the language writes them, all of which hold. */
  readonly filters: Readonly<Record<string, { readonly where: readonly string[]; readonly rules: readonly string[] }>>;
  /** For `approve`: each is needed. */
  readonly approvals: readonly {
    readonly groups: readonly string[];
    readonly for_ms?: number;
    readonly message?: string;
    readonly rule: string;
  }[];
  readonly notifications: readonly { readonly channel: string; readonly message?: string; readonly rule: string }[];
  readonly limits: { readonly rows?: number; readonly duration_ms?: number; readonly bytes?: number };
  readonly rules: readonly string[];
  readonly errors: readonly { readonly rule: string; readonly message: string }[];
  /** The text that the server would get; absent for a denial. */
  readonly sql?: string;
  /** For each statement: what the facts say. */
  readonly statements: readonly {
    readonly kind: string;
    readonly tables: readonly string[];
    readonly columns: readonly string[];
  }[];
}

/** Decides a text for roots given as values, completed with an ordinary person on an ordinary connection. */
export function decideForRoots(
  world: World,
  sql: string,
  roots: Partial<Input>,
  parameters?: readonly Value[],
  data?: Value,
): DecisionRecord {
  const subject = subjectFor(roots);
  const prepared = prepareText(world, sql, testNames);
  if ("kind" in prepared) {
    const refused = refusedVerdict(prepared);
    return {
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
  }
  const masks = new SubjectMasks(world, subject, data);
  const decisions = prepared.prepared.map((statement, index) => {
    const query = queryOf(world, prepared, index, parameters);
    const input = { ...subject, query };
    return withHint(world, statement, input, decideStatement(world, statement, input, masks, data), data);
  });
  const verdict = verdictOf(world, sql, prepared, decisions, masks);
  const final = verdict.statements.map((statement) => statement.decision);
  return {
    outcome: outcomeOf(verdict, final),
    ...(verdict.action === "deny" ? { sqlstate: verdict.sqlstate } : { sql: verdict.text }),
    reasons:
      verdict.action === "deny" && final.every((decision) => decision.reasons.length === 0)
        ? [printReason(verdict.reason)]
        : final.flatMap((decision) => decision.reasons.filter(({ code }) => code !== "together").map(printReason)),
    masks: Object.fromEntries(final.flatMap(masksOf)),
    filters: Object.fromEntries(
      final.flatMap(({ filters }) =>
        [...filters].map(([path, { predicates, rules }]) => [
          path,
          { where: predicates.map(printPredicate), rules: rules.map(printRule) },
        ]),
      ),
    ),
    approvals: final.flatMap(({ approvals }) =>
      approvals.map(({ groups, durationMs, message, rule }) => ({
        groups,
        ...(durationMs === undefined ? {} : { for_ms: durationMs }),
        ...(message === undefined ? {} : { message }),
        rule: printRule(rule),
      })),
    ),
    notifications: final.flatMap(({ notifications }) =>
      notifications.map(({ channel, message, rule }) => ({
        channel,
        ...(message === undefined ? {} : { message }),
        rule: printRule(rule),
      })),
    ),
    limits: limitsOf(final),
    rules: [...new Set(final.flatMap((decision) => decision.rules.map(printRule)))],
    errors: final.flatMap((decision) =>
      decision.errors.map(({ rule, message }) => ({ rule: printRule(rule), message })),
    ),
    statements: verdict.statements.map(({ facts }) => ({
      kind: facts.kind,
      tables: facts.tables.map(({ relation }) => relation.path),
      columns: facts.columns.map(({ relation, column }) => objectPath(relation.schema, relation.name, column.name)),
    })),
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
  const subject = subjectFor(roots);
  const prepared = prepareText(world, sql, testNames);
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

function subjectFor(roots: Partial<Input>): Subject {
  return {
    principal: complete("principal", roots.principal),
    session: complete("session", roots.session),
    target: complete("target", roots.target),
  };
}

/** What `test_` rules need from the engine: `decide(sql)` against a catalog fixture. */
export function createTestHost(program: Program, catalog: Catalog): TestHost {
  const world = new World(program, catalog, false);
  return {
    decide: (sql, parameters, input, data) => toValue(decideForRoots(world, sql, input, parameters, data)),
  };
}

/** Fields that a test leaves out come from the defaults: fields that always exist must always exist. */
function complete(root: keyof Subject, given: Value | undefined): Value {
  const base = toValue(defaultSubject[root]);
  if (!(given instanceof RegoObject) || !(base instanceof RegoObject)) return given ?? base;
  return RegoObject.fromEntries([...base.entries(), ...given.entries()]);
}

function masksOf({ masks }: Decision): [string, DecisionRecord["masks"][string]][] {
  return [...masks.values()].flatMap(({ relation, columns }) =>
    [...columns.values()].map(({ column, mask, rules }): [string, DecisionRecord["masks"][string]] => [
      objectPath(relation.schema, relation.name, column.name),
      { name: mask.name, args: mask.args, rules: rules.map(printRule) },
    ]),
  );
}

/** Deny beats approve, over all statements of the text. */
function outcomeOf(verdict: Verdict, decisions: readonly Decision[]): DecisionRecord["outcome"] {
  if (verdict.action === "forward") return "allow";
  const waits = decisions.some(({ outcome }) => outcome === "approve");
  const isTogether = ({ reasons }: Decision): boolean =>
    reasons.every(({ code, rule }) => code === "together" && rule === undefined);
  return waits && decisions.every((decision) => decision.outcome === "approve" || isTogether(decision))
    ? "approve"
    : "deny";
}

/** The smallest of each kind, over all statements of the text. */
function limitsOf(decisions: readonly Decision[]): DecisionRecord["limits"] {
  const smallest = (name: keyof Limits): number | undefined => {
    const values = decisions.flatMap(({ limits }) => limits[name]?.value ?? []);
    return values.length === 0 ? undefined : Math.min(...values);
  };
  const [rows, durationMs, bytes] = [smallest("rows"), smallest("durationMs"), smallest("bytes")];
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

function printReason({ message, rule, code, hint }: Reason): DecisionRecord["reasons"][number] {
  return {
    message,
    ...(code === undefined ? {} : { code }),
    ...(rule === undefined ? {} : { rule: printRule(rule) }),
    ...(hint === undefined ? {} : { hint }),
  };
}
