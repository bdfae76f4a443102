/** `every`: a loop that ends with the first element for which its body has no solution. */
import type { Context, Emitter } from "./emit.ts";
import { emitIteration } from "./emit-patterns.ts";
import { recordSeen } from "./emit-trace.ts";
import type { Bound } from "./order.ts";
import type { Literal } from "./plan.ts";
import { nameOf, type Writer } from "./writer.ts";

type Every = Extract<Literal, { kind: "every" }>;

export function emitEvery(emitter: Emitter, literal: Every, context: Context, k: () => void): void {
  const { writer } = emitter;
  const point = context.trace?.point;
  const trace = point === undefined ? undefined : { point, isPart: false };
  emitter.term(literal.domain, context, (domain) => {
    recordSeen(emitter, domain, 0, context);
    const all = writer.name("n");
    const label = writer.name("L");
    writer.line(`let ${all} = R.isCollection(${domain});`);
    writer.block(`${label}:`, () =>
      emitIteration(
        emitter,
        domain,
        context,
        emitter.site(literal.span, "every"),
        literal.key !== undefined,
        (key, value) => {
          const inner = nameElement(writer, literal, context.bound, key, value);
          const one = writer.name("n");
          const found = writer.name("L");
          writer.line(`let ${one} = false;`);
          if (point !== undefined) writer.line(`R.again(${context.environment}, ${writer.constant(point)});`);
          writer.block(`${found}:`, () =>
            emitter.body(literal.body, { ...context, bound: inner, trace }, () => {
              writer.line(`${one} = true;`);
              writer.line(`break ${found};`);
            }),
          );
          writer.block(`if (!${one})`, () => {
            writer.line(`${all} = false;`);
            writer.line(`break ${label};`);
          });
        },
      ),
    );
    writer.block(`if (${all})`, k);
  });
}

/** Names what is iterated over for the body. Gives what is bound there. */
export function nameElement(
  writer: Writer,
  { key, value }: Every,
  bound: Bound,
  keyExpression: string,
  valueExpression: string,
): Bound {
  const inner = new Set(bound);
  for (const [local, expression] of [
    [key, keyExpression],
    [value, valueExpression],
  ] as const) {
    if (local === undefined) continue;
    writer.line(`const ${nameOf(local)} = ${expression};`);
    inner.add(local);
  }
  return inner;
}
