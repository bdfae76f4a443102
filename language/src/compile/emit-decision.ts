/** A decision statement as a function that adds what it decides to a list of effects. */
import type { RuleId } from "../program.ts";
import type { Context, Emitter, Watch } from "./emit.ts";
import { emitRows } from "./emit-rows.ts";
import { neededBy } from "./order.ts";
import { type Body, type DecisionOptions, type DecisionPlan, headTerms, type Term } from "./plan.ts";
import { nameOf } from "./writer.ts";

export function ruleIdOf(plan: DecisionPlan): RuleId {
  return { package: plan.package.join("."), file: plan.span.file, line: plan.span.line };
}

/** Writes `function NAME(E, column)`, which tells whether conditions hold that need nothing but the session and `column`. */
export function emitGuard(emitter: Emitter, plan: DecisionPlan, name: string, body: Body): void {
  const { writer } = emitter;
  writer.at(plan.span);
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
 * @param watch writes around the conditions
 */
export function emitDecision(emitter: Emitter, plan: DecisionPlan, name: string, body: Body, watch?: Watch): void {
  const { writer } = emitter;
  writer.at(plan.span);
  const rule = writer.constant(ruleIdOf(plan));
  const context: Context = { environment: "E", bound: new Set() };
  writer.block(`function ${name}(E, column, out)`, () => {
    if (plan.subject !== undefined) {
      writer.line(`const ${nameOf(plan.subject)} = column;`);
      context.bound.add(plan.subject);
    }
    emitter.options.coverage?.enter(!plan.span.file.endsWith("_test.policy"));
    const mark = emitter.ruleMark(plan.kind, plan.span);
    writer.line(mark.tried);
    const terms = headTerms(plan);
    const isConstant = terms.every((term) => term.kind === "const") && !isOfConditions(plan);
    writer.block("L:", () =>
      emitter.body(
        body,
        context,
        () => {
          writer.line("let complete = false;");
          const emitted = new Map<Term, string>();
          const next = (index: number): void => {
            const term = terms[index];
            if (term !== undefined) {
              return emitter.head(term, context, (js) => {
                emitted.set(term, js);
                next(index + 1);
              });
            }
            writer.line("complete = true;");
            writer.line(mark.held);
            if (plan.rows === undefined) return writer.line(effect(emitter, plan, rule, emitted));
            const path = writer.constant(plan.path);
            emitRows(emitter, plan.rows, context, (predicate) =>
              writer.line(`R.filter(out, ${rule}, ${path}, ${predicate});`),
            );
          };
          writer.block("", () => next(0));
          const kind = writer.constant(plan.kind);
          if (!isConstant) writer.line(`if (!complete) R.incomplete(out, ${rule}, ${kind});`);
          // Every further solution would say the same.
          if (isConstant) writer.line("break L;");
        },
        watch,
      ),
    );
  });
}

/** Whether a filter's rows depend on variables that its conditions bind: each of their solutions then is a filter of its own. */
function isOfConditions({ rows, body }: DecisionPlan): boolean {
  const bound = neededBy(body);
  return rows !== undefined && [...neededBy(rows.body)].some((local) => bound.has(local));
}

function effect(emitter: Emitter, plan: DecisionPlan, rule: string, emitted: ReadonlyMap<Term, string>): string {
  const values = plan.values.map((value) => emitted.get(value) ?? "undefined");
  const [first = "undefined"] = values;
  const option = (name: keyof DecisionOptions): string => {
    const term = plan.options[name];
    return (term === undefined ? undefined : emitted.get(term)) ?? "undefined";
  };
  switch (plan.kind) {
    case "allow":
      return `R.allow(out, ${rule});`;
    case "deny":
      return `R.deny(out, ${rule}, ${first}, ${option("code")});`;
    case "approve":
      return `R.approve(out, ${rule}, [${values.join(", ")}], ${option("duration")}, ${option("because")});`;
    case "notify":
      return `R.notify(out, ${rule}, ${first}, ${option("because")});`;
    case "mask":
      return `R.mask(out, ${rule}, column, ${emitter.writer.constant(plan.name)}, [${values.join(", ")}]);`;
    case "limit":
      return `R.limit(out, ${rule}, ${emitter.writer.constant(plan.name)}, ${first});`;
    case "filter":
      throw new Error("a filter without its rows");
    case "label":
      return `R.label(out, ${first}, ${rule});`;
  }
}
