import type { Input, Value } from "@penstock/language";
import type { Relation } from "../catalog/catalog.ts";
import type { StatementFacts } from "../sql/facts.ts";
import { combine } from "./combine.ts";
import type { Decision, Reason, RelationMasks } from "./decision.ts";
import { engineReasons } from "./engine-rules.ts";
import { maskCandidates, masksOfRelation } from "./relation-masks.ts";
import type { LabelledColumn, World } from "./world.ts";

/** What can be prepared of a statement before anybody asks: shared by all sessions that send it. */
export interface PreparedStatement {
  readonly facts: StatementFacts;
  readonly query: Value;
  readonly relations: readonly Relation[];
  readonly candidates: readonly LabelledColumn[];
  readonly candidateValues: readonly Value[];
}

/** The candidates carry the statement's `uses` where it mentions the column. */
export function prepareStatement(
  world: World,
  facts: StatementFacts,
  query: Value,
  used: ReadonlyMap<string, Value>,
): PreparedStatement {
  const relations = facts.tables.map((table) => table.relation);
  const candidates = maskCandidates(world, relations);
  return {
    facts,
    query,
    relations,
    candidates,
    candidateValues: candidates.map((column) => used.get(column.path) ?? column.value),
  };
}

/**
 * The decision on one statement: rules first, then what the engine itself refuses.
 * @param hidden names of relations of which something is masked for this principal: if any, what cannot be analysed is refused.
 * @param data in place of the program's own `data.*`, for tests.
 */
export function decideStatement(
  world: World,
  statement: PreparedStatement,
  input: Input,
  hidden: () => ReadonlySet<string>,
  data?: Value,
): Decision {
  const effects = world.program.evaluate(input, statement.candidateValues, data);
  const combined = combine(effects, world.program.hasAllow);
  const masks = new Map<string, RelationMasks>();
  const refusals: Reason[] = [];
  if (combined.masks.size > 0) {
    for (const relation of statement.relations) {
      const result = masksOfRelation(world, relation, combined.masks);
      if (result.kind === "refused") {
        refusals.push({
          message: result.message,
          rule: undefined,
          code: "masked_view",
          hint: "read the view's tables instead",
        });
      } else if (result.masks !== undefined) {
        masks.set(relation.path, result.masks);
      }
    }
  }
  const reasons = [
    ...combined.reasons,
    ...refusals,
    ...engineReasons(world, statement.facts, () => combined.masks.size > 0 || hidden().size > 0),
  ];
  return {
    outcome: reasons.length === 0 ? "allow" : "deny",
    reasons,
    masks,
    rowLimit: combined.rowLimit,
    rules: combined.rules,
    errors: combined.errors,
  };
}
