import { quoteName } from "../../../masks/quote.ts";
import type { Span } from "./clauses.ts";
import { Denial } from "../../denial.ts";
import { insertAfter, insertBefore } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { expressionAround, hole } from "./fragments.ts";
import { filterCondition } from "../../protection.ts";
import type { Rewriting, Target } from "./target.ts";
import type { TreeObject } from "../../tree-object.ts";
import { conjunctsOf } from "./tree.ts";

/**
 * Puts the filter before a condition on the rows of what is changed; a condition that is not leakproof is asked only of rows that passed it.
 * @param names how the condition calls columns, so that what the planner can find rows by is repeated beside the filter.
 */
export function guardCondition(
  { source, conditions, edits }: Rewriting,
  { protection, name }: Target,
  condition: TreeObject,
  { from, to }: Span,
  names: ReadonlyMap<number, string>,
): void {
  const filter = filterCondition(protection, quoteName(name));
  if (filter === undefined) throw new Denial(unclear);
  const [beside, before, after] = conditions.areLeakproof
    ? [[], "(", ")"]
    : [conditions.implied(conjunctsOf(condition), names), `case when ${filter} then (`, ") else false end"];
  const guarded = [filter, ...conditions.first, ...beside, before].join(" and ");
  insertBefore(edits, source, from, guarded);
  insertAfter(edits, source, to - 1, after);
  const [own] = edits.expected.get(condition) ?? [{ ...condition }];
  edits.expected.set(condition, [expressionAround(`${guarded}${hole}${after}`, own)]);
}
