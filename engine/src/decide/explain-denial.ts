import type { Input, RuleExplanation, Value } from "@penstock/language";
import type { PreparedStatement } from "./decide-statement.ts";
import type { Decision } from "./decision.ts";
import { explainStatement } from "./explain-statement.ts";
import { hintOf } from "./hint.ts";
import type { World } from "./world.ts";

/** The decision with a hint beside its first reason, the one that the client sees: what made the rule apply. Slow, for denials only. */
export function withHint(
  world: World,
  statement: PreparedStatement,
  input: Input,
  decision: Decision,
  data?: Value,
): Decision {
  if (!world.hints) return decision;
  const [first, ...others] = decision.reasons;
  if (decision.outcome !== "deny" || first?.rule === undefined || first.hint !== undefined) return decision;
  try {
    const explanations = explainStatement(world, statement, input, data, first.rule);
    const fired = explanations.find(({ statement: kind, effects }) => kind === "deny" && says(effects, first.message));
    if (fired === undefined) return decision;
    return { ...decision, reasons: [{ ...first, hint: hintOf(fired) }, ...others] };
  } catch {
    // Denied it is all the same; what cannot be explained goes without a hint.
    return decision;
  }
}

function says(effects: RuleExplanation["effects"], message: string): boolean {
  return effects.some((effect) => effect.kind === "deny" && effect.message === message);
}
