/** What the code of tests records of its conditions: see trace.ts. */
import type { Context, Emitter } from "./emit.ts";
import { type Bound, literalLocals } from "./order.ts";
import { partsOf, termsOf } from "./parts.ts";
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

function collectFields(term: Term, fields: (readonly [string, string])[]): void {
  if (term.kind === "ref" && term.base.kind === "term" && term.base.term.kind === "local") {
    const [first] = term.path;
    if (first?.kind === "const" && typeof first.value === "string")
      fields.push([term.base.term.local.name, first.value]);
  }
  for (const part of partsOf(term)) collectFields(part, fields);
}
