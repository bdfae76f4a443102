/**
 * Why each statement fires or does not. The rules are compiled a second time, with code that watches each condition (`watcher.ts`), when
 * somebody first asks; the functions that decide know nothing of it.
 *
 * INVARIANT: what fires here fires in `dispatch.ts`. Conditions are asked in the order in which the dispatcher asks them, since a
 * condition that fails with an error counts only if those before it hold.
 */
import type { SourceFile, Span } from "../diagnostics.ts";
import type {
  ConditionExplanation,
  DefinitionExplanation,
  Effect,
  LabelEffect,
  ObservedValue,
  Question,
  RuleExplanation,
} from "../program.ts";
import type { Value } from "../values.ts";
import { documentNodes } from "./analyse.ts";
import { bind, connect } from "./bind.ts";
import { Emitter } from "./emit.ts";
import { emitDecision, ruleIdOf } from "./emit-decision.ts";
import { emitGroup } from "./emit-group.ts";
import { EvaluationContext, stepsFor } from "./evaluation-context.ts";
import { kindsOf, touches } from "./index-conditions.ts";
import { type BodyObservations, Observations } from "./observations.ts";
import { type ObservedLiteral, Watcher } from "./watcher.ts";
import type { Body, DecisionPlan } from "./plan.ts";
import type { Usage } from "./resolve.ts";
import { type Group, type RuleNode, type RuleTree, withUsed } from "./rule-tree.ts";
import { errorEffect, isPolicyError } from "./evaluation-error.ts";
import { blankMemo, Environment, field } from "./runtime.ts";
import type { SplitBody } from "./split.ts";

export interface ExplainedParts {
  readonly rules: RuleTree;
  readonly usage: Usage;
  readonly splits: readonly { readonly plan: DecisionPlan; readonly split: SplitBody }[];
  readonly data: Value;
  readonly sources: readonly SourceFile[];
}

/** @param replaced what a test has replaced, as for the decision that is explained */
export type Explain = (
  question: Question,
  replaced: Pick<Environment, "mocks" | "shadow"> | undefined,
) => RuleExplanation[];

export function explainer(parts: ExplainedParts): Explain {
  let all: Explanations | undefined;
  /** By place. A denial's hint is about one rule, and must not cost a second compile of all of them. */
  const single = new Map<string, Explanations>();
  return (question, replaced) => {
    const { only } = question;
    if (only === undefined || all !== undefined) return (all ??= new Explanations(parts)).answer(question, replaced);
    const place = `${only.file}:${only.line}`;
    let one = single.get(place);
    if (one === undefined) {
      const splits = parts.splits.filter(({ plan: { span } }) => span.file === only.file && span.line === only.line);
      one = new Explanations({ ...parts, splits });
      single.set(place, one);
    }
    return one.answer(question, replaced);
  };
}

type Run = (environment: Environment, column: Value | undefined, out: unknown[]) => void;

interface WatchedDecision {
  readonly plan: DecisionPlan;
  readonly split: SplitBody;
  /** Asks as the dispatcher does. */
  readonly dispatched: Watched;
  /** As the dispatcher does after an error in a condition that it asks early. */
  readonly whole: Watched;
  /** Conditions of `dispatched` that it asks early. */
  readonly early: number;
}

interface Watched {
  readonly run: Run;
  readonly body: number;
}

class Explanations {
  private readonly parts: ExplainedParts;
  private readonly watcher: Watcher;
  private readonly decisions: readonly WatchedDecision[];
  private readonly blank: ReturnType<typeof blankMemo>;
  private readonly texts: ReadonlyMap<string, string>;

  constructor(parts: ExplainedParts) {
    const { rules, usage, splits, sources } = parts;
    this.parts = parts;
    this.watcher = new Watcher(rules);
    this.blank = blankMemo(rules.groups.length);
    this.texts = new Map(sources.map(({ path, text }) => [path, text] as const));
    let made: ReturnType<typeof documentNodes> | undefined;
    const documents = { get: (node: RuleNode) => (made ??= documentNodes(rules.root)).get(node) };
    const emitter = new Emitter({
      rules,
      usage,
      documents,
      vocabulary: true,
      names: () => [],
      watcher: this.watcher,
    });
    const groups = withUsed(splits.flatMap(({ plan }) => [...plan.uses]));
    for (const group of groups) emitGroup(emitter, group);
    const emitted = splits.map(({ plan, split }, index) => {
      const early = [
        ...plan.body.filter((literal) => kindsOf(literal) !== undefined),
        ...split.session,
        ...split.kind,
        ...split.label,
      ];
      return {
        early: early.length,
        dispatched: this.emit(emitter, plan, `x${index}`, [...early, ...split.rest]),
        whole: this.emit(emitter, plan, `y${index}`, plan.body),
      };
    });
    const { groups: functions, decisions } = bind<readonly [Run, Run]>(
      emitter,
      rules,
      groups,
      splits.map((_, index) => [`x${index}`, `y${index}`]),
    );
    if (made !== undefined) connect(rules.root, made, functions);
    this.decisions = splits.flatMap(({ plan, split }, index) => {
      const [runs, bodies] = [decisions[index], emitted[index]];
      if (runs === undefined || bodies === undefined) return [];
      const { early, dispatched, whole } = bodies;
      return {
        plan,
        split,
        early,
        dispatched: { run: runs[0], body: dispatched },
        whole: { run: runs[1], body: whole },
      };
    });
  }

  /** @returns the number of the body */
  private emit(emitter: Emitter, plan: DecisionPlan, name: string, body: Body): number {
    const id = this.watcher.bodies.length;
    const watch = this.watcher.watch(emitter, { kind: "decision", subject: plan.subject });
    emitDecision(emitter, plan, name, body, watch);
    return id;
  }

  answer(question: Question, replaced: Parameters<Explain>[1]): RuleExplanation[] {
    const { only } = question;
    const observations = new Observations();
    const rules = this.environment(question, observations);
    rules.mocks = replaced?.mocks ?? null;
    rules.shadow = replaced?.shadow ?? null;
    // Labels are computed with the catalog: before there is anybody, and anything asked.
    const labels = new Environment(
      question.data ?? this.parts.data,
      this.blank,
      new EvaluationContext(stepsFor(question.catalogColumns ?? [])),
    );
    labels.observations = observations;
    return this.decisions.flatMap((decision) => {
      const rule = ruleIdOf(decision.plan);
      if (only !== undefined && (only.file !== rule.file || only.line !== rule.line)) return [];
      const isLabel = decision.plan.kind === "label";
      return this.explain(decision, isLabel ? labels : rules, candidatesOf(decision.plan, question));
    });
  }

  private environment({ input, data, maskCandidates }: Question, observations: Observations): Environment {
    const context = new EvaluationContext(stepsFor(maskCandidates));
    const environment = new Environment(data ?? this.parts.data, this.blank, context);
    environment.principal = input.principal;
    environment.session = input.session;
    environment.target = input.target;
    environment.query = input.query;
    environment.observations = observations;
    return environment;
  }

  private explain(
    decision: WatchedDecision,
    environment: Environment,
    columns: readonly (Value | undefined)[],
  ): RuleExplanation {
    const { plan, split } = decision;
    const base = { rule: ruleIdOf(plan), statement: plan.kind, text: this.headOf(plan) };
    const kind = field(environment.query, "kind");
    if (split.kinds !== undefined && !(typeof kind === "string" && split.kinds.has(kind))) {
      return { ...base, outcome: "not_fired", excluded: true, effects: [], conditions: this.unasked(decision) };
    }
    const effects: (Effect | LabelEffect)[] = [];
    let shown = decision.dispatched;
    for (const column of columns) {
      const attempt = this.attempt(decision, environment, column);
      if (attempt.effects.length > 0 && effects.length === 0) shown = attempt.watched;
      for (const effect of attempt.effects) effects.push(effect);
    }
    const failed = effects.some((effect) => effect.kind === "error");
    const outcome = failed ? "error" : effects.length > 0 ? "fired" : "not_fired";
    const conditions = this.conditions(shown.body, environment, new Set(), outcome === "error");
    const excluded = outcome === "not_fired" && this.isExcluded(decision, environment, columns);
    return { ...base, outcome, excluded, effects, conditions };
  }

  /** No column that the statement could be about, or nothing in the query: what an index tells the dispatcher. */
  private isExcluded(
    { plan, split, dispatched, early }: WatchedDecision,
    environment: Environment,
    columns: readonly (Value | undefined)[],
  ): boolean {
    if (plan.subject === undefined && plan.path === undefined) return !touches(split.touch, environment.query);
    const furthest = environment.observations?.of(dispatched.body)?.furthest ?? -1;
    return columns.length === 0 || (furthest < early && furthest >= early - split.label.length);
  }

  /** One run, for one column where the statement ranges over columns. */
  private attempt(
    { plan, split, dispatched, whole, early }: WatchedDecision,
    environment: Environment,
    column: Value | undefined,
  ): { readonly effects: readonly (Effect | LabelEffect)[]; readonly watched: Watched } {
    try {
      return { effects: run(plan, dispatched, environment, column), watched: dispatched };
    } catch (error) {
      if (!isPolicyError(error)) throw error;
      const failedAt = environment.observations?.of(dispatched.body)?.last ?? -1;
      const isLate = failedAt >= early || failedAt < 0;
      // The index would not have led here.
      if (isLate && plan.subject === undefined && !touches(split.touch, environment.query))
        return { effects: [], watched: dispatched };
      if (isLate) return { effects: [errorEffect(error, ruleIdOf(plan), plan.kind)], watched: dispatched };
    }
    try {
      return { effects: run(plan, whole, environment, column), watched: whole };
    } catch (error) {
      if (!isPolicyError(error)) throw error;
      return { effects: [errorEffect(error, ruleIdOf(plan), plan.kind)], watched: whole };
    }
  }

  private unasked({ dispatched }: WatchedDecision): ConditionExplanation[] {
    return (this.watcher.bodies[dispatched.body]?.literals ?? []).map(({ literal }) => ({
      expression: this.textOf(literal.span),
      line: literal.span.line,
      outcome: "not_reached",
      tried: 0,
      held: 0,
      values: [],
      rules: [],
    }));
  }

  /** @param seen rules that were explained already: each is once, where it is first asked */
  private conditions(id: number, environment: Environment, seen: Set<Group>, failed: boolean): ConditionExplanation[] {
    const body = this.watcher.bodies[id];
    const observed = environment.observations?.of(id);
    if (body === undefined) return [];
    return body.literals.map((literal, index) => {
      const tried = observed?.tried[index] ?? 0;
      const held = observed?.held[index] ?? 0;
      const isError = failed && observed?.last === index;
      const { span } = literal.literal;
      return {
        expression: this.textOf(span),
        line: span.line,
        outcome: tried === 0 ? "not_reached" : isError ? "error" : held > 0 ? "held" : "failed",
        tried,
        held,
        values: tried === 0 ? [] : this.valuesOf(literal, observed, index),
        rules: tried === 0 ? [] : this.helpers(literal, environment, seen, isError),
      };
    });
  }

  private valuesOf(
    { observed }: ObservedLiteral,
    observations: BodyObservations | undefined,
    index: number,
  ): ObservedValue[] {
    const seen = observations?.best[index] ?? [];
    return observed.map(({ term, attribute, members }, at) => ({
      name: this.textOf(term.span),
      ...(attribute === undefined ? {} : { attribute }),
      ...(members.length === 0 ? {} : { members }),
      values: seen[at] ?? [],
    }));
  }

  private helpers(
    { groups }: ObservedLiteral,
    environment: Environment,
    seen: Set<Group>,
    failed: boolean,
  ): ConditionExplanation["rules"] {
    return groups.flatMap((group) => {
      if (seen.has(group)) return [];
      seen.add(group);
      const definitions = this.watcher.bodies.flatMap(({ owner, literals }, id): DefinitionExplanation[] => {
        if (owner.kind !== "rule" || owner.group !== group || literals.length === 0) return [];
        const { span } = owner.definition;
        const conditions = this.conditions(id, environment, seen, failed);
        return [{ file: span.file, line: span.line, outcome: outcomeOf(conditions), conditions }];
      });
      return definitions.length === 0 ? [] : [{ name: group.path.join("."), definitions }];
    });
  }

  private headOf(plan: DecisionPlan): string {
    const { span, body } = plan;
    const firstCondition = Math.min(span.end, ...body.map((literal) => literal.span.start));
    const text = this.textOf({ ...span, end: firstCondition });
    return text.replace(/\s+if\s*\{?$/, "");
  }

  private textOf({ file, start, end }: Span): string {
    return (this.texts.get(file) ?? "").slice(start, end).replaceAll(/\s+/g, " ").trim();
  }
}

function candidatesOf({ kind, path }: DecisionPlan, question: Question): readonly (Value | undefined)[] {
  if (kind === "filter") return path !== undefined && question.relations?.includes(path) === true ? [undefined] : [];
  if (kind !== "mask" && kind !== "label") return [undefined];
  const columns = kind === "mask" ? question.maskCandidates : (question.catalogColumns ?? []);
  return path === undefined ? columns : columns.filter((column) => field(column, "path") === path);
}

/** @throws {EvaluationError} */
function run(
  plan: DecisionPlan,
  { run: watched }: Watched,
  environment: Environment,
  column: Value | undefined,
): readonly (Effect | LabelEffect)[] {
  if (plan.kind === "label") {
    const labels: string[] = [];
    watched(environment, column, labels);
    const path = field(column, "path");
    const rule = ruleIdOf(plan);
    return labels.map((label) => ({ kind: "label", rule, column: typeof path === "string" ? path : "", label }));
  }
  const effects: Effect[] = [];
  watched(environment, column, effects);
  return effects;
}

function outcomeOf(conditions: readonly ConditionExplanation[]): DefinitionExplanation["outcome"] {
  const last = conditions.findLast(({ outcome }) => outcome !== "not_reached");
  if (last === undefined) return "not_reached";
  return last.outcome === "held" && last !== conditions.at(-1) ? "failed" : last.outcome;
}
