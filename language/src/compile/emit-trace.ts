/** What the code of tests records of its conditions: see trace.ts. */
import type { Context, Emitter } from "./emit.ts";
import { type Bound, literalLocals } from "./order.ts";
import type { Literal, Local, Term } from "./plan.ts";
import type { Group } from "./rule-tree.ts";
import type { TracePoint, TraceShape } from "./trace.ts";
import { nameOf, type Writer } from "./writer.ts";

/** Where code of a traced rule is written. */
export interface TraceContext {
  /** The condition that is written, once there is one. */
  readonly point: TracePoint | undefined;
  /** Whether conditions here are part of `point`, as under `not`; else each is a point of its own below `point`. */
  readonly isPart: boolean;
}

/** Tests, and whatever test files define for them. */
export function isOfTests(group: Group): boolean {
  return (
    group.path.at(-1)?.startsWith("test_") === true ||
    group.rules.some(({ rule }) => rule.span.file.endsWith("_test.policy"))
  );
}

/** Records, in a traced rule, that a condition is about to be tried. Gives the context for its code. */
export function recordReach(writer: Writer, literal: Literal, depth: number, context: Context): Context {
  const { trace } = context;
  if (trace === undefined || trace.isPart) return context;
  const { point, locals } = tracePoint(literal, depth, trace.point, context.bound);
  const values = locals.map(nameOf).join(", ");
  writer.line(`R.reach(${context.environment}, ${writer.constant(point)}, [${values}]);`);
  return { ...context, trace: { point, isPart: true } };
}

/** Records, in a traced rule, a value on which its condition depends. */
export function recordSeen({ writer }: Emitter, value: string, side: 0 | 1, { trace, environment }: Context): void {
  if (trace?.point === undefined) return;
  writer.line(`R.seen(${environment}, ${writer.constant(trace.point)}, ${side}, ${value});`);
}

/** The point of a condition, and the variables whose values it shows. */
function tracePoint(
  literal: Literal,
  depth: number,
  outer: TracePoint | undefined,
  bound: Bound,
): { readonly point: TracePoint; readonly locals: readonly Local[] } {
  const mentioned = new Set<Local>();
  literalLocals(literal, mentioned);
  const locals = [...mentioned].filter((local) => local.name !== "_" && bound.has(local));
  const fields: (readonly [string, string])[] = [];
  for (const term of termsOf(literal)) collectFields(term, fields);
  return {
    locals,
    point: {
      depth,
      outer,
      span: literal.span,
      names: locals.map((local) => local.name),
      fields,
      shape: shapeOf(literal, false),
    },
  };
}

function shapeOf(literal: Literal, negated: boolean): TraceShape {
  switch (literal.kind) {
    case "test":
      if (literal.term.kind === "compare") {
        const { operator, left } = literal.term;
        return { kind: "compare", operator, expected: left.kind === "const" ? 0 : 1, negated };
      }
      return { kind: literal.term.kind === "member" ? "member" : "value", negated };
    case "unify":
      return { kind: "value", negated };
    case "some":
    case "every":
      return { kind: literal.kind };
    case "not": {
      const [inner] = literal.body;
      return inner === undefined ? { kind: "value", negated } : shapeOf(inner, !negated);
    }
    case "with":
      return shapeOf(literal.literal, negated);
  }
}

/** The terms that a condition itself evaluates. */
function termsOf(literal: Literal): readonly Term[] {
  switch (literal.kind) {
    case "test":
      return [literal.term];
    case "unify":
      return [literal.left, literal.right];
    case "some":
    case "every":
      return [literal.domain];
    case "not":
      return literal.body.flatMap(termsOf);
    case "with":
      return termsOf(literal.literal);
  }
}

function collectFields(term: Term, fields: (readonly [string, string])[]): void {
  const all = (terms: readonly Term[]): void => {
    for (const each of terms) collectFields(each, fields);
  };
  switch (term.kind) {
    case "ref": {
      const [first] = term.path;
      if (term.base.kind !== "term") return;
      const { term: base } = term.base;
      if (base.kind === "local" && first?.kind === "const" && typeof first.value === "string") {
        fields.push([base.local.name, first.value]);
      }
      return collectFields(base, fields);
    }
    case "call":
      return all(term.args);
    case "array":
    case "set":
      return all(term.items);
    case "object":
      return all(term.entries.flat());
    case "compare":
    case "arithmetic":
      return all([term.left, term.right]);
    case "member":
      return all([term.value, term.domain]);
    case "const":
    case "local":
    case "comprehension":
    case "template":
      return;
  }
}
