/**
 * Plan to JavaScript. A body becomes nested statements: each literal writes its test or loop and, inside, what follows; so
 * backtracking is the language's own control flow. `k` writes what follows and gets a name (or constant) that holds a defined value.
 */
import type { Code } from "../codes/codes.ts";
import { type Advice, type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import { suggest } from "../suggest.ts";
import { RegoSet, type Value } from "../values.ts";
import { type Bound, evaluable, evaluationOrder, neededBy, order, unifySteps } from "./order.ts";
import type { Body, Callee, Literal, Local, Override, Term } from "./plan.ts";
import type { Watcher } from "./watcher.ts";
import { type Group, groupsBelow, type RuleNode, type RuleTree } from "./rule-tree.ts";
import type { Site } from "./evaluation-error.ts";
import type { Usage } from "./resolve.ts";
import { type CoverageCounter, type CoverageMark, noMark } from "./coverage.ts";
import { type TraceContext, tracePoint } from "./emit-trace.ts";
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

type Continue = (value: string) => void;

const comparisons = { "<": "< 0", "<=": "<= 0", ">": "> 0", ">=": ">= 0" } as const;
const arithmetic = {
  "+": "plus",
  "-": "minus",
  "*": "times",
  "/": "over",
  "%": "modulo",
  "&": "and",
  "|": "or",
} as const;

export class Emitter {
  readonly writer: Writer = new Writer();
  readonly diagnostics: Diagnostic[] = [];
  readonly coverage: CoverageCounter | undefined;
  private readonly rules: RuleTree;
  private readonly usage: Usage;
  private readonly vocabulary: boolean;
  /** The names that a file can use, for suggestions. */
  private readonly names: (file: string) => readonly string[];
  /** Run-time nodes of the rule tree, which the caller builds. */
  private readonly documents: Pick<ReadonlyMap<RuleNode, unknown>, "get">;
  /** What watches the bodies of rules and statements, where they explain themselves. */
  readonly watcher: Watcher | undefined;

  constructor(
    rules: RuleTree,
    usage: Usage,
    documents: Pick<ReadonlyMap<RuleNode, unknown>, "get">,
    vocabulary: boolean,
    names: (file: string) => readonly string[],
    watcher?: Watcher,
    coverage?: CoverageCounter,
  ) {
    this.coverage = coverage;
    this.rules = rules;
    this.watcher = watcher;
    this.usage = usage;
    this.documents = documents;
    this.vocabulary = vocabulary;
    this.names = names;
  }

  site(span: Span, name: string): string {
    const site: Site = { file: span.file, line: span.line, column: span.column, name };
    return this.writer.constant(site);
  }

  // Bodies.

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
    watch?.before(literal, index, context);
    const mark = this.expressionMark(literal.span);
    this.writer.line(mark.tried);
    this.literal(literal, this.traced(literal, index, context), () => {
      this.writer.line(mark.held);
      watch?.after?.(index);
      this.literals(body, index + 1, context, k, watch);
    });
  }

  expressionMark(span: Span): CoverageMark {
    return this.coverage?.mark(this.writer, { kind: "expression", name: "", span }) ?? noMark;
  }

  /** For rules and decision statements. */
  ruleMark(name: string, span: Span): CoverageMark {
    return this.coverage?.mark(this.writer, { kind: "rule", name, span }) ?? noMark;
  }

  /** Records, in a traced rule, that a condition is about to be tried. */
  private traced(literal: Literal, depth: number, context: Context): Context {
    const { trace } = context;
    if (trace === undefined || trace.isPart) return context;
    const { point, locals } = tracePoint(literal, depth, trace.point, context.bound);
    const values = locals.map(nameOf).join(", ");
    this.writer.line(`R.reach(${context.environment}, ${this.writer.constant(point)}, [${values}]);`);
    return { ...context, trace: { point, isPart: true } };
  }

  /** Records, in a traced rule, a value on which its condition depends. */
  private seen(value: string, side: 0 | 1, { trace, environment }: Context): void {
    if (trace?.point === undefined) return;
    this.writer.line(`R.seen(${environment}, ${this.writer.constant(trace.point)}, ${side}, ${value});`);
  }

  literal(literal: Literal, context: Context, k: () => void): void {
    const { writer } = this;
    switch (literal.kind) {
      case "test":
        return this.test(literal.term, context, k);
      case "unify": {
        const steps = unifySteps(literal.left, literal.right, new Set(context.bound)) ?? [];
        const next = (at: number): void => {
          const step = steps[at];
          if (step === undefined) return k();
          this.term(step.term, context, (value) => {
            if (at === 0) this.seen(value, 0, context);
            this.match(step.pattern, value, context, () => next(at + 1));
          });
        };
        return next(0);
      }
      case "some": {
        const { key, value } = literal;
        return this.term(literal.domain, context, (domain) => {
          this.seen(domain, 0, context);
          this.iterate(domain, context, this.site(literal.span, "some"), key !== undefined, (keyName, valueName) => {
            const matchValue = (): void => this.match(value, valueName, context, k);
            if (key === undefined) matchValue();
            else this.match(key, keyName, context, matchValue);
          });
        });
      }
      case "every":
        return this.every(literal, context, k);
      case "not": {
        const holds = writer.name("n");
        const label = writer.name("L");
        writer.line(`let ${holds} = false;`);
        const body = (): void =>
          this.body(literal.body, { ...context, bound: new Set(context.bound) }, () => {
            writer.line(`${holds} = true;`);
            writer.line(`break ${label};`);
          });
        writer.block(`${label}:`, () => (this.coverage === undefined ? body() : this.coverage.without(body)));
        return writer.block(`if (!${holds})`, k);
      }
      case "with": {
        const environment = writer.name("E");
        writer.line(`const ${environment} = R.fork(${context.environment}, ${this.site(literal.span, "with")});`);
        return this.overrides(literal.overrides, 0, context, environment, () => {
          // What follows runs in the outer environment again: only `literal` itself sees the other.
          this.literal(literal.literal, { ...context, environment }, k);
        });
      }
    }
  }

  private every(literal: Extract<Literal, { kind: "every" }>, context: Context, k: () => void): void {
    const { writer } = this;
    const point = context.trace?.point;
    const trace = point === undefined ? undefined : { point, isPart: false };
    this.term(literal.domain, context, (domain) => {
      this.seen(domain, 0, context);
      const all = writer.name("n");
      const label = writer.name("L");
      writer.line(`let ${all} = R.isCollection(${domain});`);
      writer.block(`${label}:`, () =>
        this.iterate(domain, context, this.site(literal.span, "every"), literal.key !== undefined, (key, value) => {
          const inner = new Set(context.bound);
          for (const [local, js] of [
            [literal.key, key],
            [literal.value, value],
          ] as const) {
            if (local === undefined) continue;
            writer.line(`const ${nameOf(local)} = ${js};`);
            inner.add(local);
          }
          const one = writer.name("n");
          const found = writer.name("L");
          writer.line(`let ${one} = false;`);
          if (point !== undefined) writer.line(`R.again(${context.environment}, ${writer.constant(point)});`);
          writer.block(`${found}:`, () =>
            this.body(literal.body, { ...context, bound: inner, trace }, () => {
              writer.line(`${one} = true;`);
              writer.line(`break ${found};`);
            }),
          );
          writer.block(`if (!${one})`, () => {
            writer.line(`${all} = false;`);
            writer.line(`break ${label};`);
          });
        }),
      );
      writer.block(`if (${all})`, k);
    });
  }

  private overrides(
    overrides: readonly Override[],
    index: number,
    context: Context,
    environment: string,
    k: () => void,
  ): void {
    const { writer } = this;
    const override = overrides[index];
    if (override === undefined) return k();
    const next = (): void => this.overrides(overrides, index + 1, context, environment, k);
    switch (override.kind) {
      case "input":
        return this.term(override.value, context, (value) => {
          const set = this.vocabulary ? "setVocabularyInput" : "setInput";
          writer.line(`R.${set}(${environment}, ${writer.constant(override.path)}, ${value});`);
          next();
        });
      case "root":
        return this.term(override.value, context, (value) => {
          writer.line(
            `R.setRoot(${environment}, ${writer.constant(override.root)}, ${writer.constant(override.path)}, ${value});`,
          );
          next();
        });
      case "data":
        return this.term(override.value, context, (value) => {
          const groups = writer.constant(this.groupsAt(override.path));
          writer.line(`R.setData(${environment}, ${writer.constant(override.path)}, ${value}, ${groups});`);
          next();
        });
      case "function": {
        const name = writer.constant(override.name);
        const { replacement } = override;
        if (replacement !== undefined) {
          const inner = writer.name("E");
          const args = writer.name("a");
          writer.line(
            `R.setMock(${environment}, ${name}, { call: (${inner}, ${args}) => ${this.directCall(replacement, inner, args)} });`,
          );
          return next();
        }
        if (override.value === undefined) return next();
        return this.term(override.value, context, (value) => {
          writer.line(`R.setMock(${environment}, ${name}, { value: ${value} });`);
          next();
        });
      }
    }
  }

  private directCall(callee: Callee, environment: string, args: string): string {
    switch (callee.kind) {
      case "function":
        return `f${callee.group.id}(${environment}, ...${args})`;
      case "builtin": {
        const site = this.writer.constant({ file: "", line: 0, column: 0, name: callee.builtin.name } satisfies Site);
        return `R.call(${environment}, ${this.writer.constant(callee.builtin)}, ${args}, ${site})`;
      }
      case "host":
        return "undefined";
    }
  }

  /** Groups that a replacement of a path hides. */
  private groupsAt(path: readonly string[]): number[] {
    const { node, depth } = this.rules.find(path);
    return depth < path.length ? [] : groupsBelow(node).map((group) => group.id);
  }

  // Conditions.

  /** A term as a condition: defined and not false. */
  private test(term: Term, context: Context, k: () => void): void {
    const { writer } = this;
    if (term.kind === "const") {
      this.seen(writer.constant(term.value), 0, context);
      if (term.value !== false) k();
      else writer.block("if (false)", k);
      return;
    }
    if (term.kind === "compare" || term.kind === "member") {
      return this.condition(
        term,
        context,
        (condition) => writer.block(`if (${condition})`, k),
        (value, side) => this.seen(value, side, context),
      );
    }
    this.term(term, context, (value) => {
      this.seen(value, 0, context);
      writer.block(`if (${value} !== false)`, k);
    });
  }

  /**
   * A comparison as a JavaScript condition.
   * @param side writes what is to be done with each side as soon as it is known
   */
  private condition(
    term: Extract<Term, { kind: "compare" | "member" }>,
    context: Context,
    k: Continue,
    side: (value: string, side: 0 | 1) => void = () => {},
  ): void {
    const { environment } = context;
    const site = (): string => this.site(term.span, term.kind === "member" ? "in" : term.operator);
    if (term.kind === "member") {
      const { key, value, domain } = term;
      if (key === undefined && domain.kind === "const" && domain.value instanceof RegoSet) {
        const members = this.writer.constant(domain.value);
        const isText = domain.value.members().every((constant) => typeof constant === "string");
        side(members, 1);
        return this.term(value, context, (item) => {
          side(item, 0);
          k(
            isText
              ? `typeof ${item} === "string" && ${members}.has(${item})`
              : `R.member(${environment}, ${item}, ${members}, ${site()})`,
          );
        });
      }
      const each = (at: string, index: number): void => side(at, index === 0 ? 0 : 1);
      if (key === undefined) {
        return this.terms(
          [value, domain],
          context,
          ([item, collection]) => k(`R.member(${environment}, ${item}, ${collection}, ${site()})`),
          each,
        );
      }
      return this.terms([key, value, domain], context, ([at, item, collection]) =>
        k(`R.memberAt(${environment}, ${at}, ${item}, ${collection}, ${site()})`),
      );
    }
    const { left, right, operator } = term;
    // First: where the other side is undefined, this one tells what it should have been.
    [left, right].forEach((each, index) => {
      if (each.kind === "const") side(this.writer.constant(each.value), index === 0 ? 0 : 1);
    });
    this.terms(
      [left, right],
      context,
      ([a = "", b = ""]) => {
        switch (operator) {
          case "==":
            return k(equality(a, b, left, right, environment, site));
          case "!=":
            return k(`!(${equality(a, b, left, right, environment, site)})`);
          default:
            return k(`R.ordered(${environment}, ${a}, ${b}, ${site()}) ${comparisons[operator]}`);
        }
      },
      (value, index) => {
        if ([left, right][index]?.kind !== "const") side(value, index === 0 ? 0 : 1);
      },
    );
  }

  /** Matches a value against a pattern, binding what is unbound. */
  match(pattern: Term, value: string, context: Context, k: () => void): void {
    const { writer } = this;
    const { bound, environment } = context;
    const site = (): string => this.site(pattern.span, "=");
    switch (pattern.kind) {
      case "const": {
        const constant = writer.constant(pattern.value);
        return writer.block(`if (${equality(value, constant, undefined, pattern, environment, site)})`, k);
      }
      case "local": {
        const { local } = pattern;
        if (bound.has(local))
          return writer.block(`if (R.same(${environment}, ${value}, ${nameOf(local)}, ${site()}))`, k);
        bound.add(local);
        if (local.name !== "_") writer.line(`const ${nameOf(local)} = ${value};`);
        return k();
      }
      case "array": {
        if (evaluable(pattern, new Set(bound))) break;
        const { items } = pattern;
        const next = (index: number): void => {
          const item = items[index];
          if (item === undefined) return k();
          const element = writer.name("t");
          writer.line(`const ${element} = ${value}[${index}];`);
          this.match(item, element, context, () => next(index + 1));
        };
        return writer.block(`if (R.isArray(${value}) && ${value}.length === ${items.length})`, () => next(0));
      }
      case "object": {
        if (evaluable(pattern, new Set(bound))) break;
        const { entries } = pattern;
        const next = (index: number): void => {
          const entry = entries[index];
          if (entry === undefined) return k();
          this.term(entry[0], context, (key) => {
            const element = writer.name("t");
            writer.line(`const ${element} = ${value}.get(${key});`);
            writer.block(`if (${element} !== undefined)`, () =>
              this.match(entry[1], element, context, () => next(index + 1)),
            );
          });
        };
        return writer.block(`if (${value} instanceof R.RegoObject && ${value}.size === ${entries.length})`, () =>
          next(0),
        );
      }
      default:
        break;
    }
    // Whatever has no variables to bind is computed and compared.
    this.term(pattern, context, (other) =>
      writer.block(`if (R.same(${environment}, ${value}, ${other}, ${site()}))`, k),
    );
  }

  /** Writes a loop over the members of a collection, which is charged for; `key` has no value unless `withKeys`. */
  iterate(
    collection: string,
    { environment }: Context,
    site: string,
    withKeys: boolean,
    each: (key: string, value: string) => void,
  ): void {
    const { writer } = this;
    const values = writer.name("s");
    const index = writer.name("i");
    const value = writer.name("t");
    writer.line(`const ${values} = R.spread(${environment}, ${collection}, ${site});`);
    const keys = writer.name("s");
    if (withKeys) writer.line(`const ${keys} = R.keysOf(${collection});`);
    writer.block(`for (let ${index} = 0; ${index} < ${values}.length; ${index} += 1)`, () => {
      writer.line(`const ${value} = ${values}[${index}];`);
      const key = writer.name("t");
      if (withKeys) writer.line(`const ${key} = ${keys} === null ? ${index} : ${keys}[${index}];`);
      each(key, value);
    });
  }

  // Terms.

  /** Evaluates a term: `k` is written once, and runs once for each value. */
  term(term: Term, context: Context, k: Continue): void {
    const { writer } = this;
    const { environment } = context;
    switch (term.kind) {
      case "const":
        return k(writer.constant(term.value));
      case "local":
        return k(nameOf(term.local));
      case "ref":
        return this.ref(term, context, k);
      case "call":
        return this.terms(term.args, context, (args) => this.call(term.callee, args, term.span, context, k));
      case "array":
        return this.terms(term.items, context, (items) => this.hold(`[${items.join(", ")}]`, k));
      case "set":
        return this.terms(term.items, context, (items) =>
          this.hold(`R.setOf(${environment}, [${items.join(", ")}], ${this.site(term.span, "set")})`, k),
        );
      case "object": {
        return this.terms(term.entries.flat(), context, (parts) => {
          const object = writer.name("t");
          const site = this.site(term.span, "object");
          writer.line(`const ${object} = new R.RegoObject();`);
          for (let index = 0; index < parts.length; index += 2) {
            writer.line(`R.putInto(${environment}, ${object}, ${parts[index]}, ${parts[index + 1]}, ${site});`);
          }
          k(object);
        });
      }
      case "comprehension":
        return this.comprehension(term, context, k);
      case "template": {
        const parts: string[] = [];
        const next = (index: number): void => {
          const part = term.parts[index];
          if (part === undefined)
            return this.hold(
              `R.template(${environment}, [${parts.join(", ")}], ${this.site(term.span, "template")})`,
              k,
            );
          if (typeof part === "string") {
            parts.push(writer.constant(part));
            return next(index + 1);
          }
          return this.term(part, context, (value) => {
            parts.push(value);
            next(index + 1);
          });
        };
        return next(0);
      }
      case "compare":
      case "member":
        return this.condition(term, context, (condition) => this.hold(condition, k));
      case "arithmetic":
        return this.terms([term.left, term.right], context, ([left, right]) => {
          const site = this.site(term.span, term.operator);
          this.maybe(`R.${arithmetic[term.operator]}(${environment}, ${left}, ${right}, ${site})`, k);
        });
    }
  }

  /** Evaluates several terms, those first that can be: one may bind what another needs. */
  private terms(
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

  /** Names an expression that is always defined. */
  private hold(expression: string, k: Continue): void {
    const name = this.writer.name("t");
    this.writer.line(`const ${name} = ${expression};`);
    k(name);
  }

  /** Names an expression and goes on where it is defined. */
  private maybe(expression: string, k: Continue): void {
    const name = this.writer.name("t");
    this.writer.line(`const ${name} = ${expression};`);
    this.writer.block(`if (${name} !== undefined)`, () => k(name));
  }

  private comprehension(term: Extract<Term, { kind: "comprehension" }>, context: Context, k: Continue): void {
    const { writer } = this;
    const result = writer.name("t");
    const inner: Context = { ...context, bound: new Set(context.bound), trace: undefined };
    const start = { array: "[]", set: "R.RegoSet.from([])", object: "new R.RegoObject()" }[term.of];
    writer.line(`const ${result} = ${start};`);
    writer.block("", () =>
      this.body(term.body, inner, () => {
        if (term.key === undefined) {
          return this.head(term.value, inner, (value) =>
            writer.line(
              term.of === "array"
                ? `${result}.push(${value});`
                : `R.addTo(${inner.environment}, ${result}, ${value}, ${this.site(term.span, "set")});`,
            ),
          );
        }
        const { key } = term;
        return this.head(key, inner, (keyName) =>
          this.head(term.value, inner, (value) =>
            writer.line(
              `R.putUnique(${inner.environment}, ${result}, ${keyName}, ${value}, ${this.site(term.span, "object")});`,
            ),
          ),
        );
      }),
    );
    k(result);
  }

  /** A term after a body, which must have bound its variables. */
  head(term: Term, context: Context, k: Continue): void {
    if (evaluable(term, new Set(context.bound))) return this.term(term, context, k);
    for (const local of neededBy([{ kind: "test", term, span: term.span }])) {
      if (!context.bound.has(local)) this.unsafe(local);
    }
  }

  /** No order of the body gives the variable a value: it is unsafe, or no variable at all but a misspelt name. */
  private unsafe(local: Local): void {
    const help = local.declared ? undefined : suggest(local.name, this.names(local.span.file), local.span);
    if (help !== undefined) return this.report("P201", `unknown name \`${local.name}\``, local.span, help);
    const advice = "bind it with `:=` or `some … in`, outside of `not`";
    if (local.name === "_")
      return this.report("P210", "`_` cannot iterate here", local.span, "name the value with `some … in` before");
    this.report("P210", `unknown name or unsafe variable \`${local.name}\``, local.span, advice);
  }

  // Calls.

  private call(callee: Callee, args: readonly string[], span: Span, context: Context, k: Continue): void {
    const { environment } = context;
    const { writer } = this;
    switch (callee.kind) {
      case "host":
        return this.hold(
          `R.${callee.name}(${environment}, ${args[0]}, ${args[1] ?? "undefined"}, ${this.site(span, callee.name)})`,
          k,
        );
      case "function": {
        const name = ["data", ...callee.group.path].join(".");
        return this.maybe(
          this.mockable(name, args, `f${callee.group.id}(${[environment, ...args].join(", ")})`, environment),
          k,
        );
      }
      case "builtin": {
        const { builtin } = callee;
        const parts = `${environment}, ${writer.constant(builtin)}, [${args.join(", ")}], ${this.site(span, builtin.name)}`;
        if (builtin.relation === true) {
          const result = writer.name("t");
          return writer.block(`for (const ${result} of R.callRelation(${parts}))`, () => k(result));
        }
        return this.maybe(this.mockable(builtin.name, args, `R.call(${parts})`, environment), k);
      }
    }
  }

  private mockable(name: string, args: readonly string[], direct: string, environment: string): string {
    if (!this.usage.functionTargets.has(name)) return direct;
    const key = this.writer.constant(name);
    return `${environment}.mocks !== null && ${environment}.mocks.has(${key}) ? R.mock(${environment}, ${key}, [${args.join(", ")}]) : ${direct}`;
  }

  // References.

  private ref(term: Extract<Term, { kind: "ref" }>, context: Context, k: Continue): void {
    const { environment } = context;
    switch (term.base.kind) {
      case "term":
        return this.term(term.base.term, context, (base) => this.path(base, term.path, context, k, term.span));
      case "root":
        return this.path(`${environment}.${rootField[term.base.root]}`, term.path, context, k, term.span);
      case "input":
        return this.path(
          this.vocabulary ? `R.inputOf(${environment})` : `${environment}.input`,
          term.path,
          context,
          k,
          term.span,
        );
      case "data":
        return this.data(term, context, k);
    }
  }

  /** Steps from a value that may be undefined. */
  private path(base: string, path: readonly Term[], context: Context, k: Continue, span: Span): void {
    const { writer } = this;
    const { environment } = context;
    const site = (): string => this.site(span, "[…]");
    let current = base;
    let index = 0;
    for (; index < path.length; index += 1) {
      const step = path[index];
      if (step?.kind !== "const") break;
      const { value } = step;
      const plain = typeof value === "string" && value.charCodeAt(0) !== 0;
      current = `R.${plain ? "field" : "lookup"}(${current}, ${writer.constant(value)})`;
    }
    const step = path[index];
    if (step === undefined) return this.maybe(current, k);
    const rest = path.slice(index + 1);
    const follow = (value: string): void => (rest.length === 0 ? k(value) : this.path(value, rest, context, k, span));
    if (evaluable(step, new Set(context.bound))) {
      // `evaluable` may bind: a step that itself iterates is evaluated first, then looked up.
      const container = writer.name("t");
      writer.line(`const ${container} = ${current};`);
      return this.term(step, context, (key) =>
        this.maybe(`R.at(${environment}, ${container}, ${key}, ${site()})`, follow),
      );
    }
    const container = writer.name("t");
    writer.line(`const ${container} = ${current};`);
    const needsKey = !(step.kind === "local" && step.local.name === "_");
    this.iterate(container, context, site(), needsKey, (key, value) =>
      this.match(step, key, context, () => follow(value)),
    );
  }

  private data(term: Extract<Term, { kind: "ref" }>, context: Context, k: Continue): void {
    const { environment } = context;
    const constant: string[] = [];
    for (const step of term.path) {
      if (step.kind !== "const" || typeof step.value !== "string") break;
      constant.push(step.value);
    }
    const { node, depth } = this.rules.find(constant);
    const { group } = node;
    if (group !== undefined) {
      if (group.kind === "function") {
        this.report("P211", `\`${group.path.at(-1)}\` is a function`, term.span, "call it with its arguments");
        return;
      }
      return this.path(`f${group.id}(${environment})`, term.path.slice(depth), context, k, term.span);
    }
    if (depth < constant.length) return this.path(`${environment}.data`, term.path, context, k, term.span);
    const document = this.writer.constant(this.documents.get(node));
    if (depth === term.path.length) return this.maybe(`R.document(${environment}, ${document})`, k);
    this.cursor(`R.cursor(${environment}, ${document})`, term.path.slice(depth), context, k, term.span);
  }

  /** Steps among rules whose names are known only when the code runs. */
  private cursor(start: string, path: readonly Term[], context: Context, k: Continue, span: Span): void {
    const { writer } = this;
    const { environment } = context;
    const [step, ...rest] = path;
    if (step === undefined) return this.maybe(`R.force(${environment}, ${start})`, k);
    const at = writer.name("u");
    writer.line(`const ${at} = ${start};`);
    const follow = (key: string): void => this.cursor(`R.step(${environment}, ${at}, ${key})`, rest, context, k, span);
    if (evaluable(step, new Set(context.bound))) return this.term(step, context, follow);
    const key = writer.name("t");
    const keys = `R.stepKeys(${environment}, ${at}, ${this.site(span, "[…]")})`;
    writer.block(`for (const ${key} of ${keys})`, () => this.match(step, key, context, () => follow(key)));
  }

  report(code: Code, message: string, span: Span, advice?: string | Advice): void {
    this.diagnostics.push(diagnostic(code, message, span, advice));
  }

  /** Whether `with` replaces a group or something above or below it somewhere in the program. */
  isReplaceable(group: Group): boolean {
    return this.usage.dataTargets.some((target) => target.every((step, index) => group.path[index] === step));
  }
}

const rootField = { principal: "principal", session: "session", target: "target", query: "query" } as const;

export function nameOf(local: Local): string {
  return `v${local.id}`;
}

/** Equality of two names, by identity where one is known to be a primitive other than a large integer. */
function equality(
  a: string,
  b: string,
  left: Term | undefined,
  right: Term | undefined,
  environment: string,
  site: () => string,
): string {
  const simple = [left, right].some((term) => term?.kind === "const" && isSimple(term.value));
  return simple ? `${a} === ${b}` : `R.same(${environment}, ${a}, ${b}, ${site()})`;
}

/** Longer constants are compared by a function that charges for it. */
const shortTextMax = 1_000;

function isSimple(value: Value): boolean {
  return (
    value === null ||
    (typeof value === "string" && value.length <= shortTextMax) ||
    typeof value === "boolean" ||
    (typeof value === "number" && (Number.isSafeInteger(value) || !Number.isInteger(value)))
  );
}
