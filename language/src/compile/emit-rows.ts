/**
 * The conditions of a `filter` statement on a row, as code that makes a `RowPredicate` of them when a statement is decided: what does
 * not need the row is evaluated then, with everything that rules can do, and what does becomes a part of the predicate. Each solution of
 * what is known before the row is one alternative.
 */
import type { Span } from "../diagnostics.ts";
import { nameElement } from "./emit-every.ts";
import { emitIteration } from "./emit-patterns.ts";
import type { Context, Emitter } from "./emit.ts";
import { literalLocals, order, termLocals } from "./order.ts";
import type { Body, Literal, Local, RowsPlan, Term } from "./plan.ts";

/** Takes a JavaScript expression for a part of the predicate. */
type Continue = (part: string) => void;
type Call = Extract<Term, { kind: "call" }>;

const textTests: ReadonlySet<string> = new Set(["startswith", "endswith", "contains"]);
const trims: ReadonlySet<string> = new Set(["trim", "trim_left", "trim_right", "trim_space"]);

/** Writes code that makes the predicate, and `k` with its name. Outside of it, `context` is as before. */
export function emitRows(emitter: Emitter, { row, body }: RowsPlan, context: Context, k: Continue): void {
  const { writer } = emitter;
  const rows = new RowEmitter(emitter, row);
  const alternatives = writer.name("w");
  writer.line(`const ${alternatives} = [];`);
  writer.block("", () => rows.alternatives(body, context, alternatives));
  k(`R.anyOf(${alternatives})`);
}

class RowEmitter {
  private readonly emitter: Emitter;
  private readonly row: Local;
  /** Variables that stand for a part of the row: `region := lower(row.region)`. */
  private readonly aliases = new Map<Local, Term>();

  constructor(emitter: Emitter, row: Local) {
    this.emitter = emitter;
    this.row = row;
  }

  /** Adds a predicate to the list of the name `into` for each solution of what is known before the row. */
  alternatives(body: Body, { environment, bound }: Context, into: string): void {
    const context: Context = { environment, bound: new Set([...bound, this.row, ...this.aliases.keys()]) };
    const { body: ordered, unsafe } = order(body, new Set(context.bound));
    // Reports what is unsafe.
    if (unsafe.length > 0) return this.emitter.body(body, context, () => undefined);
    const conditions: string[] = [];
    const next = (index: number): void => {
      const literal = ordered[index];
      if (literal === undefined) {
        this.emitter.writer.line(`R.alternative(${into}, [${conditions.join(", ")}], ${this.site(this.row.span)});`);
        return;
      }
      if (!this.needsRow(literal)) return this.emitter.literal(literal, context, () => next(index + 1));
      this.condition(literal, context, (condition) => {
        if (condition !== "") conditions.push(condition);
        next(index + 1);
      });
    };
    next(0);
  }

  private needsRow(literal: Literal): boolean {
    const locals = new Set<Local>();
    literalLocals(literal, locals);
    return this.isOfRow(locals);
  }

  private termNeedsRow(term: Term): boolean {
    const locals = new Set<Local>();
    termLocals(term, locals);
    return this.isOfRow(locals);
  }

  private isOfRow(locals: ReadonlySet<Local>): boolean {
    return locals.has(this.row) || [...this.aliases.keys()].some((alias) => locals.has(alias));
  }

  /** `k` gets nothing for what only names a part of the row. */
  private condition(literal: Literal, context: Context, k: Continue): void {
    const { writer } = this.emitter;
    switch (literal.kind) {
      case "test":
        return this.test(literal.term, context, k);
      case "not": {
        const inner = writer.name("w");
        writer.line(`const ${inner} = [];`);
        writer.block("", () => this.alternatives(literal.body, context, inner));
        return k(`R.notOf(R.anyOf(${inner}))`);
      }
      case "unify": {
        const { left, right, span } = literal;
        for (const [pattern, value] of [
          [left, right],
          [right, left],
        ] as const) {
          if (pattern.kind !== "local" || context.bound.has(pattern.local)) continue;
          this.aliases.set(pattern.local, value);
          context.bound.add(pattern.local);
          return k("");
        }
        return this.test({ kind: "compare", operator: "==", left, right, span }, context, k);
      }
      case "every": {
        if (this.termNeedsRow(literal.domain)) return this.refuse("a column cannot be iterated", literal.domain.span);
        return this.emitter.term(literal.domain, context, (domain) => {
          const all = writer.name("w");
          // As in Rego, `every` does not hold of what is no collection.
          writer.line(`const ${all} = R.isCollection(${domain}) ? [] : [R.never];`);
          const site = this.emitter.site(literal.span, "every");
          emitIteration(this.emitter, domain, context, site, literal.key !== undefined, (key, value) => {
            const bound = nameElement(writer, literal, context.bound, key, value);
            const one = writer.name("w");
            writer.line(`const ${one} = [];`);
            writer.block("", () => this.alternatives(literal.body, { ...context, bound }, one));
            writer.line(`${all}.push(R.anyOf(${one}));`);
          });
          k(`R.allOf(${all})`);
        });
      }
      case "some":
        return this.refuse("a column cannot be iterated", literal.span);
      case "with":
        return this.refuse(
          "`with` cannot replace what a condition on the row reads",
          literal.span,
          "evaluate it before: `x := … with …`",
        );
    }
  }

  private test(term: Term, context: Context, k: Continue): void {
    const alias = term.kind === "local" ? this.aliases.get(term.local) : undefined;
    if (alias !== undefined) return this.test(alias, context, k);
    switch (term.kind) {
      case "compare": {
        const { operator, left, right } = term;
        const tested = isNull(right) ? left : isNull(left) ? right : undefined;
        if (tested !== undefined) {
          if (operator !== "==" && operator !== "!=") {
            return this.refuse("`null` is neither below nor above anything", term.span, "write `row.column == null`");
          }
          const column = this.column(this.resolved(tested));
          if (column === undefined)
            return this.refuse("only a column can be compared with `null`", tested.span, "write `row.column == null`");
          return k(operator === "==" ? `R.isNull(${column})` : `R.notOf(R.isNull(${column}))`);
        }
        return this.pair(left, right, context, (a, b) => k(`R.comparison(${this.constant(operator)}, ${a}, ${b})`));
      }
      case "member": {
        const { key, value, domain } = term;
        if (key !== undefined) return this.refuse("`key, value in …` cannot be asked of a row", term.span);
        if (this.termNeedsRow(domain)) return this.refuse("a column is no collection", domain.span);
        const absent = membersOf(domain).find(isNull);
        if (absent !== undefined)
          return this.refuse("`null` is in no collection", absent.span, "write `row.column == null`");
        return this.value(value, context, (item) =>
          this.emitter.term(domain, context, (collection) =>
            k(`R.membership(${item}, ${collection}, ${this.site(domain.span)})`),
          ),
        );
      }
      case "call": {
        const name = builtinName(term);
        const [text, part] = term.args;
        if (name === undefined || !textTests.has(name) || text === undefined || part === undefined)
          return this.refuseCall(term);
        return this.pair(text, part, context, (a, b) =>
          k(`R.textTest(${this.constant(name)}, ${a}, ${b}, ${this.site(term.span)})`),
        );
      }
      default: {
        const column = this.column(term);
        if (column !== undefined) return k(`R.isTrue(${column})`);
        return this.refuseTerm(term);
      }
    }
  }

  private pair(left: Term, right: Term, context: Context, k: (left: string, right: string) => void): void {
    this.value(left, context, (a) => this.value(right, context, (b) => k(a, b)));
  }

  /** Writes what gives a `RowTerm`, or undefined for a null, which no comparison holds of. */
  private value(given: Term, context: Context, k: Continue): void {
    const term = this.resolved(given);
    if (!this.termNeedsRow(term)) {
      return this.emitter.term(term, context, (value) => k(`R.rowConstant(${value}, ${this.site(term.span)})`));
    }
    const column = this.column(term);
    if (column !== undefined) return k(`R.rowColumn(${column})`);
    if (term.kind === "arithmetic") {
      const { operator } = term;
      if (operator === "&" || operator === "|")
        return this.refuse(`\`${operator}\` makes sets, and a row has none`, term.span);
      return this.pair(term.left, term.right, context, (a, b) =>
        k(`R.rowArithmetic(${this.constant(operator)}, ${a}, ${b}, ${this.site(term.span)})`),
      );
    }
    if (term.kind !== "call") return this.refuseTerm(term);
    const name = builtinName(term);
    const [text, cutset] = term.args;
    if (name === undefined || text === undefined) return this.refuseCall(term);
    if (name === "lower" || name === "upper") {
      return this.value(text, context, (a) => k(`R.rowCase(${this.constant(name)}, ${a})`));
    }
    if (!trims.has(name)) return this.refuseCall(term);
    if (cutset === undefined)
      return this.value(text, context, (a) =>
        k(`R.rowTrim(${this.constant(name)}, ${a}, "", ${this.site(term.span)})`),
      );
    if (this.termNeedsRow(cutset)) return this.refuse("what is trimmed must be known before the row", cutset.span);
    return this.value(text, context, (a) =>
      this.emitter.term(cutset, context, (characters) =>
        k(`R.rowTrim(${this.constant(name)}, ${a}, ${characters}, ${this.site(term.span)})`),
      ),
    );
  }

  private resolved(term: Term): Term {
    const alias = term.kind === "local" ? this.aliases.get(term.local) : undefined;
    return alias === undefined ? term : this.resolved(alias);
  }

  /** The name of `row.c`, as a constant; `undefined` for any other term. */
  private column(term: Term): string | undefined {
    const base = term.kind === "ref" && term.base.kind === "term" ? term.base.term : undefined;
    if (term.kind !== "ref" || base?.kind !== "local" || base.local !== this.row) return undefined;
    const [first, ...rest] = term.path;
    if (rest.length > 0 || first?.kind !== "const" || typeof first.value !== "string") return undefined;
    return this.constant(first.value);
  }

  private refuseTerm(term: Term): void {
    const row = this.row.name;
    if (term.kind === "local" && term.local === this.row) {
      return this.refuse(`\`${row}\` is a row, not a value`, term.span, `name a column: \`${row}.column\``);
    }
    if (term.kind === "ref") {
      return this.refuse("a row has columns and nothing below them", term.span, `name a column: \`${row}.column\``);
    }
    const what = { template: "an interpolated string", comprehension: "a comprehension" } as const;
    const name = term.kind === "template" || term.kind === "comprehension" ? what[term.kind] : "this";
    return this.refuse(`${name} cannot be made of a row's columns`, term.span, allowed);
  }

  private refuseCall({ callee, span }: Call): void {
    const name =
      callee.kind === "builtin"
        ? callee.builtin.name
        : callee.kind === "function"
          ? (callee.group.path.at(-1) ?? "")
          : "decide";
    const help =
      callee.kind === "function"
        ? "write its conditions in `where { … }`, or call it with what is known before the row"
        : allowed;
    return this.refuse(`\`${name}\` cannot be called with a row's columns`, span, help);
  }

  private refuse(message: string, span: Span, help: string = allowed): void {
    this.emitter.report("P332", message, span, help);
  }

  private constant(value: string): string {
    return this.emitter.writer.constant(value);
  }

  private site(span: Span): string {
    return this.emitter.site(span, "filter");
  }
}

const allowed =
  "conditions on a row are comparisons, `in`, `not`, `startswith`, `endswith`, `contains`, over columns, `lower`, `upper`, `trim` and arithmetic";

/** Members that are written out. */
function membersOf(domain: Term): readonly Term[] {
  if (domain.kind === "const") return domain.parts ?? [];
  return domain.kind === "set" || domain.kind === "array" ? domain.items : [];
}

function isNull(term: Term): boolean {
  return term.kind === "const" && term.value === null;
}

function builtinName({ callee }: Call): string | undefined {
  return callee.kind === "builtin" ? callee.builtin.name : undefined;
}
