/** One literal of a body: a test or a loop around what follows. */
import { emitTest } from "./emit-conditions.ts";
import { emitEvery } from "./emit-every.ts";
import { emitIteration, emitMatch } from "./emit-patterns.ts";
import { recordSeen } from "./emit-trace.ts";
import { emitWith } from "./emit-with.ts";
import type { Context, Emitter } from "./emit.ts";
import { unifySteps } from "./order.ts";
import type { Literal } from "./plan.ts";

export function emitLiteral(emitter: Emitter, literal: Literal, context: Context, k: () => void): void {
  const { writer } = emitter;
  const { coverage } = emitter.options;
  switch (literal.kind) {
    case "test":
      return emitTest(emitter, literal.term, context, k);
    case "unify": {
      const steps = unifySteps(literal.left, literal.right, new Set(context.bound)) ?? [];
      const next = (at: number): void => {
        const step = steps[at];
        if (step === undefined) return k();
        emitter.term(step.term, context, (value) => {
          if (at === 0) recordSeen(emitter, value, 0, context);
          emitMatch(emitter, step.pattern, value, context, () => next(at + 1));
        });
      };
      return next(0);
    }
    case "some": {
      const { key, value } = literal;
      return emitter.term(literal.domain, context, (domain) => {
        recordSeen(emitter, domain, 0, context);
        emitIteration(
          emitter,
          domain,
          context,
          emitter.site(literal.span, "some"),
          key !== undefined,
          (keyName, valueName) => {
            const matchValue = (): void => emitMatch(emitter, value, valueName, context, k);
            if (key === undefined) matchValue();
            else emitMatch(emitter, key, keyName, context, matchValue);
          },
        );
      });
    }
    case "every":
      return emitEvery(emitter, literal, context, k);
    case "not": {
      const holds = writer.name("n");
      const label = writer.name("L");
      writer.line(`let ${holds} = false;`);
      const body = (): void =>
        emitter.body(literal.body, { ...context, bound: new Set(context.bound) }, () => {
          writer.line(`${holds} = true;`);
          writer.line(`break ${label};`);
        });
      writer.block(`${label}:`, () => (coverage === undefined ? body() : coverage.without(body)));
      return writer.block(`if (!${holds})`, k);
    }
    case "with":
      return emitWith(emitter, literal, context, k);
  }
}
