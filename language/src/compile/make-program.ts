/** The compiled functions as a `Program`. */
import type { BuiltinContext } from "../builtin.ts";
import type { SourceFile } from "../diagnostics.ts";
import type { Effect, Input, Program, RuleId } from "../program.ts";
import { makeTests } from "../tests.ts";
import type { Value } from "../values.ts";
import type { DecisionFunction, GroupFunction } from "./compile.ts";
import type { StatementKind } from "./effects.ts";
import type { DecisionPlan } from "./plan.ts";
import type { Group } from "./rule-tree.ts";
import { Environment, EvaluationError } from "./runtime.ts";

export interface CompiledDecision {
  readonly plan: DecisionPlan;
  readonly rule: RuleId;
  readonly run: DecisionFunction;
}

export interface ProgramParts {
  readonly revision: string;
  readonly data: Value;
  readonly decisions: readonly CompiledDecision[];
  readonly groups: readonly Group[];
  readonly functions: readonly GroupFunction[];
  readonly sources: readonly SourceFile[];
}

export function makeProgram(parts: ProgramParts): Program {
  const { decisions, groups } = parts;
  const perStatement = decisions.filter(({ plan }) => plan.kind !== "mask" && plan.kind !== "label");
  const perCandidate = decisions.filter(({ plan }) => plan.kind === "mask");
  const labels = decisions.filter(({ plan }) => plan.kind === "label");
  return {
    revision: parts.revision,
    reads: { parameters: true, time: true, text: true },
    hasAllow: decisions.some(({ plan }) => plan.kind === "allow"),
    hasMasks: perCandidate.length > 0,
    evaluate(input: Input, maskCandidates: readonly Value[], data: Value = parts.data): Effect[] {
      const environment = new Environment(data, groups.length, strictContext());
      environment.principal = input.principal;
      environment.session = input.session;
      environment.target = input.target;
      environment.query = input.query;
      const effects: Effect[] = [];
      for (const decision of perStatement) guarded(decision, environment, undefined, effects, effects);
      for (const decision of perCandidate) {
        for (const column of applicable(decision, maskCandidates))
          guarded(decision, environment, column, effects, effects);
      }
      return effects;
    },
    labels(columns) {
      return columns.map((column) => {
        const environment = new Environment(parts.data, groups.length, strictContext());
        const found: string[] = [];
        const errors: Effect[] = [];
        for (const decision of labels) {
          for (const candidate of applicable(decision, [column]))
            guarded(decision, environment, candidate, found, errors);
        }
        return { labels: found, errors };
      });
    },
    tests: makeTests(parts),
  };
}

function applicable({ plan }: CompiledDecision, columns: readonly Value[]): readonly Value[] {
  if (plan.path === undefined) return columns;
  return columns.filter((column) => pathOf(column) === plan.path);
}

function pathOf(column: Value): Value | undefined {
  return typeof column === "object" && column !== null && "field" in column ? column.field("path") : undefined;
}

/** Runs one statement; its run-time error is an effect like any other. */
function guarded(
  { plan, rule, run }: CompiledDecision,
  environment: Environment,
  column: Value | undefined,
  out: unknown[],
  errors: Effect[],
): void {
  try {
    run(environment, column, out);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    const statement: StatementKind = plan.kind;
    errors.push({ kind: "error", rule, statement, message: error.message });
  }
}

/** Decisions are strict: what fails is an error, never an absent fact. */
export function strictContext(print: (line: string) => void = () => undefined): BuiltinContext {
  return { nowNs: BigInt(Date.now()) * 1_000_000n, print, strict: true, cache: new Map() };
}
