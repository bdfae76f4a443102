/**
 * Plan to JavaScript. A body becomes nested statements: each literal writes its test or loop and, inside, what follows; so
 * backtracking is the language's own control flow. `k` writes what follows and gets a name (or constant) that holds a defined value.
 *
 * Here: in which order the parts of a body and of a term are written. What each kind of literal and term becomes is in files of their own
 * (`emit-literals.ts`, `emit-terms.ts`), which come back here for their parts.
 */
import type { Code } from "../codes/codes.ts";
import { type Advice, type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import { suggest } from "../suggest.ts";
import { type CoverageCounter, type CoverageMark, noMark } from "./coverage.ts";
import { emitLiteral } from "./emit-literals.ts";
import { emitTerm } from "./emit-terms.ts";
import { recordReach, type TraceContext } from "./emit-trace.ts";
import type { Site } from "./evaluation-error.ts";
import { type Bound, evaluable, evaluationOrder, neededBy, order } from "./order.ts";
import type { Body, Literal, Local, Term } from "./plan.ts";
import type { Usage } from "./resolve.ts";
import type { Group, RuleNode, RuleTree } from "./rule-tree.ts";
import type { Watcher } from "./watcher.ts";
import { Writer } from "./writer.ts";

/** Where code is written: the environment's name there, and what is bound. */
export interface Context {
  readonly environment: string;
  readonly bound: Bound;
  /** In tests. */
  readonly trace?: TraceContext | undefined;
}

/** Writes code around each literal of a body, in the order in which they run. */
export interface Watch {
  before(literal: Literal, index: number, context: Context): void;
  /** Where the literal held: runs once for each solution. */
  after?(index: number): void;
}

export type Continue = (value: string) => void;

export interface EmitterOptions {
  readonly rules: RuleTree;
  readonly usage: Usage;
  /** Run-time nodes of the rule tree, which the caller builds. */
  readonly documents: Pick<ReadonlyMap<RuleNode, unknown>, "get">;
  /** As in `ResolveOptions`. */
  readonly vocabulary: boolean;
  /** The names that a file can use, for suggestions. */
  readonly names: (file: string) => readonly string[];
  /** What watches the bodies of rules and statements, where they explain themselves. */
  readonly watcher?: Watcher;
  readonly coverage?: CoverageCounter | undefined;
  /** Tests record how far they come. */
  readonly traced?: boolean;
}

/** Unknown names for which a known one is looked for: where there are more, something else is wrong. */
const suggestionsMax = 100;

export class Emitter {
  readonly writer: Writer = new Writer();
  readonly diagnostics: Diagnostic[] = [];
  readonly options: EmitterOptions;
  private unknownNames = 0;

  constructor(options: EmitterOptions) {
    this.options = options;
  }

  site(span: Span, name: string): string {
    const site: Site = { file: span.file, line: span.line, column: span.column, name };
    return this.writer.constant(site);
  }

  /** Orders and writes a body. Extends `context.bound`. */
  body(body: Body, context: Context, k: () => void, watch?: Watch): void {
    const trial = new Set(context.bound);
    const ordered = order(body, trial);
    for (const local of ordered.unsafe) this.unsafe(local);
    if (ordered.unsafe.length === 0) this.literals(ordered.body, 0, context, k, watch);
  }

  private literals(body: Body, index: number, context: Context, k: () => void, watch: Watch | undefined): void {
    const literal = body[index];
    if (literal === undefined) return k();
    this.writer.at(literal.span);
    watch?.before(literal, index, context);
    const mark = this.expressionMark(literal.span);
    this.writer.line(mark.tried);
    this.literal(literal, recordReach(this.writer, literal, index, context), () => {
      this.writer.line(mark.held);
      watch?.after?.(index);
      this.literals(body, index + 1, context, k, watch);
    });
  }

  literal(literal: Literal, context: Context, k: () => void): void {
    emitLiteral(this, literal, context, k);
  }

  /** Evaluates a term: `k` is written once, and runs once for each value. */
  term(term: Term, context: Context, k: Continue): void {
    emitTerm(this, term, context, k);
  }

  /** Evaluates several terms, those first that can be: one may bind what another needs. */
  terms(
    terms: readonly Term[],
    context: Context,
    k: (values: readonly string[]) => void,
    each: (value: string, index: number) => void = () => {},
  ): void {
    const values: string[] = terms.map(() => "undefined");
    const sequence = evaluationOrder(terms, new Set(context.bound)) ?? [];
    const next = (position: number): void => {
      const index = sequence[position];
      const term = index === undefined ? undefined : terms[index];
      if (index === undefined || term === undefined) return k(values);
      this.term(term, context, (value) => {
        values[index] = value;
        each(value, index);
        next(position + 1);
      });
    };
    next(0);
  }

  /** A term after a body, which must have bound its variables. */
  head(term: Term, context: Context, k: Continue): void {
    if (evaluable(term, context.bound)) return this.term(term, context, k);
    for (const local of neededBy([{ kind: "test", term, span: term.span }])) {
      if (!context.bound.has(local)) this.unsafe(local);
    }
  }

  /** No order of the body gives the variable a value: it is unsafe, or no variable at all but a misspelt name. */
  private unsafe(local: Local): void {
    this.unknownNames += 1;
    const help =
      local.declared || this.unknownNames > suggestionsMax
        ? undefined
        : suggest(local.name, this.options.names(local.span.file), local.span);
    if (help !== undefined) return this.report("P201", `unknown name \`${local.name}\``, local.span, help);
    const advice = "bind it with `:=` or `some … in`, outside of `not`";
    if (local.name === "_")
      return this.report("P210", "`_` cannot iterate here", local.span, "name the value with `some … in` before");
    this.report("P210", `unknown name or unsafe variable \`${local.name}\``, local.span, advice);
  }

  expressionMark(span: Span): CoverageMark {
    return this.options.coverage?.mark(this.writer, { kind: "expression", name: "", span }) ?? noMark;
  }

  /** For rules and decision statements. */
  ruleMark(name: string, span: Span): CoverageMark {
    return this.options.coverage?.mark(this.writer, { kind: "rule", name, span }) ?? noMark;
  }

  report(code: Code, message: string, span: Span, advice?: string | Advice): void {
    this.diagnostics.push(diagnostic(code, message, span, advice));
  }

  /** Whether `with` replaces a group or something above or below it somewhere in the program. */
  isReplaceable(group: Group): boolean {
    return this.options.usage.dataTargets.some((target) => target.every((step, index) => group.path[index] === step));
  }
}
