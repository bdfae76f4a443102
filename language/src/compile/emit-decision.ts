/** A decision statement as a function that adds what it decides to a list of effects. */
import type { RuleId } from "../program.ts";
import type { Context, Emitter } from "./emit.ts";
import { nameOf } from "./emit.ts";
import type { Body, DecisionPlan } from "./plan.ts";

export function ruleIdOf(plan: DecisionPlan): RuleId {
  return { package: plan.package.join("."), file: plan.span.file, line: plan.span.line };
}

/** Writes `function NAME(E, column)`, which tells whether conditions hold that need nothing but the session and `column`. */
export function emitGuard(emitter: Emitter, plan: DecisionPlan, name: string, body: Body): void {
  const { writer } = emitter;
  const context: Context = { environment: "E", bound: new Set() };
  writer.block(`function ${name}(E, column)`, () => {
    if (plan.subject !== undefined) {
      writer.line(`const ${nameOf(plan.subject)} = column;`);
      context.bound.add(plan.subject);
    }
    writer.block("L:", () => emitter.body(body, context, () => writer.line("return true;")));
    writer.line("return false;");
  });
}

/**
 * Writes `function NAME(E, column, out)`; `column` is the candidate for masks and labels.
 * @param body the plan's own, or what is left of it when conditions are checked elsewhere
 */
export function emitDecision(emitter: Emitter, plan: DecisionPlan, name: string, body: Body): void {
  const { writer } = emitter;
  const rule = writer.constant(ruleIdOf(plan));
  const context: Context = { environment: "E", bound: new Set() };
  writer.block(`function ${name}(E, column, out)`, () => {
    if (plan.subject !== undefined) {
      writer.line(`const ${nameOf(plan.subject)} = column;`);
      context.bound.add(plan.subject);
    }
    const isConstant = [...plan.values, ...(plan.code === undefined ? [] : [plan.code])].every(
      (term) => term.kind === "const",
    );
    writer.block("L:", () =>
      emitter.body(body, context, () => {
        writer.line("let complete = false;");
        const values: string[] = [];
        const next = (index: number): void => {
          const value = plan.values[index] ?? (index === plan.values.length ? plan.code : undefined);
          if (value !== undefined) {
            return emitter.head(value, context, (js) => {
              values.push(js);
              next(index + 1);
            });
          }
          writer.line("complete = true;");
          writer.line(effect(emitter, plan, rule, values));
        };
        writer.block("", () => next(0));
        const kind = writer.constant(plan.kind);
        if (!isConstant) writer.line(`if (!complete) R.incomplete(out, ${rule}, ${kind});`);
        // Every further solution would say the same.
        if (isConstant) writer.line("break L;");
      }),
    );
  });
}

function effect(emitter: Emitter, plan: DecisionPlan, rule: string, values: readonly string[]): string {
  const [first = "undefined", second = "undefined"] = values;
  switch (plan.kind) {
    case "allow":
      return `R.allow(out, ${rule});`;
    case "deny":
      return `R.deny(out, ${rule}, ${first}, ${second});`;
    case "mask":
      return `R.mask(out, ${rule}, column, ${emitter.writer.constant(plan.name)}, [${values.join(", ")}]);`;
    case "limit":
      return `R.limit(out, ${rule}, ${emitter.writer.constant(plan.name)}, ${first});`;
    case "label":
      return `R.label(out, ${first}, ${rule});`;
  }
}
