/**
 * MERGE into a relation of which some rows are hidden. A hidden row matches nothing, so the filter goes into ON; and since what matches nothing
 * is also "not matched by source", it goes into each of those clauses too.
 */
import { quoteName } from "../../../masks/quote.ts";
import { nextAtLevel } from "./clauses.ts";
import { Denial } from "../../denial.ts";
import { insertAfter, insertBefore, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { expression, expressionAround, hole } from "./fragments.ts";
import { guardCondition } from "./guarded-condition.ts";
import { checkDefaultRow, checkValues, insertionAt } from "./inserted-rows.ts";
import { filterColumns, refuseBlindly } from "./new-rows.ts";
import { operatorName } from "./leakproof.ts";
import { filterCondition, hiddenRows } from "../../protection.ts";
import { endOfName, isToken, type SourceText } from "./source-text.ts";
import type { Rewriting, Target } from "./target.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { conjunctsOf, everyNode, listOf, locationOf } from "./tree.ts";
import { checkUpdated } from "./updated-rows.ts";

export function filterMerge(rewriting: Rewriting, target: Target, names: ReadonlyMap<number, string>): void {
  const { source } = rewriting;
  const { joinCondition, mergeWhenClauses } = target.container.node;
  let when = nextAtLevel(source, target.after, ["when"]);
  if (!isObject(joinCondition)) throw new Denial(unclear);
  const clauses = listOf(mergeWhenClauses).map(({ MergeWhenClause: clause }) => clause);
  if (isFullJoin(clauses.filter(isObject))) {
    filterEqualities(rewriting, target, joinCondition, names);
  } else {
    guardCondition(rewriting, target, joinCondition, { from: lastOn(source, target.after, when) + 1, to: when }, names);
  }
  let isUnreachable = false;
  for (const clause of clauses) {
    if (!isObject(clause) || !isToken(source, when, "when")) throw new Denial(unclear);
    const then = nextAtLevel(source, when + 1, ["then"]);
    if (isOfUnmatchedTarget(clause)) {
      // The server would say so, if the filter were not.
      if (isUnreachable) throw new Denial("unreachable WHEN clause specified after unconditional WHEN clause");
      isUnreachable = clause["condition"] === undefined;
      filterClause(rewriting, target, clause, when, then);
    }
    checkAction(rewriting, target, clause, then + 1);
    when = nextAtLevel(source, then + 1, ["when"]);
  }
}

/** Whether a clause acts on rows of the target that match no row of the source. */
export function isOfUnmatchedTarget({ matchKind }: TreeObject): boolean {
  return matchKind === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE";
}

/** Something is done with what is left on either side: PostgreSQL joins them with FULL JOIN, whose conditions must be equalities. */
function isFullJoin(clauses: readonly TreeObject[]): boolean {
  const acts = clauses.filter(({ commandType }) => commandType !== "CMD_NOTHING");
  return (
    acts.some(isOfUnmatchedTarget) && acts.some(({ matchKind }) => matchKind === "MERGE_WHEN_NOT_MATCHED_BY_TARGET")
  );
}

/** The target's column becomes NULL in rows that are hidden, which equals nothing. */
function filterEqualities(
  { source, edits }: Rewriting,
  { protection, name }: Target,
  condition: TreeObject,
  names: ReadonlyMap<number, string>,
): void {
  const filter = filterCondition(protection, quoteName(name));
  const ofTarget = `${quoteName(name)}.`;
  for (const conjunct of conjunctsOf(condition)) {
    const sides = equalitySides(conjunct);
    const column = sides.find(({ ColumnRef: reference }) => {
      return isObject(reference) && names.get(locationOf(reference))?.startsWith(ofTarget) === true;
    });
    const others = sides.filter((side) => side !== column).flatMap((side) => everyNode(side, "ColumnRef"));
    const isOfSource = others.every((reference) => names.get(locationOf(reference))?.startsWith(ofTarget) !== true);
    if (filter === undefined || column === undefined || !isOfSource) {
      throw new Denial(
        `${hiddenRows(protection)}, and a MERGE that acts on what is not matched by source and by target is checked for \`column = value\` in ON only`,
        `join by equality with columns of ${protection.relation.path}, or use two statements`,
      );
    }
    const [before, after] = [`case when ${filter} then `, " end"];
    const at = tokenAt(source, locationOf(Object(column["ColumnRef"]) as TreeObject));
    const end = endOfName(source, at);
    if (end === undefined) throw new Denial(unclear);
    insertBefore(edits, source, at, before);
    insertAfter(edits, source, end - 1, after);
    const [made] = edits.expected.get(column) ?? [{ ...column }];
    edits.expected.set(column, [expressionAround(`${before}${hole}${after}`, made)]);
  }
}

/** Both sides of `a = b`; none of anything else. */
export function equalitySides({ A_Expr: comparison }: TreeObject): readonly TreeObject[] {
  if (!isObject(comparison) || comparison["kind"] !== "AEXPR_OP" || operatorName(comparison["name"]) !== "=") return [];
  return [comparison["lexpr"], comparison["rexpr"]].filter(isObject);
}

/** The source may be a join, with an ON of its own. */
function lastOn(source: SourceText, from: number, to: number): number {
  let last = -1;
  for (let at = nextAtLevel(source, from, ["on"]); at < to; at = nextAtLevel(source, at + 1, ["on"])) last = at;
  if (last < 0) throw new Denial(unclear);
  return last;
}

/** `when not matched by source [and …] then`, whose condition is asked of rows in the order of the clauses. */
function filterClause(rewriting: Rewriting, target: Target, clause: TreeObject, when: number, then: number): void {
  const { source, edits } = rewriting;
  const { condition } = clause;
  // Of `when not matched by source`.
  const head = when + 4;
  if (!isToken(source, head, "source")) throw new Denial(unclear);
  if (isObject(condition)) {
    guardCondition(rewriting, target, condition, { from: head + 2, to: then }, new Map());
    return;
  }
  const filter = filterCondition(target.protection, quoteName(target.name));
  if (filter === undefined) throw new Denial(unclear);
  insertAfter(edits, source, head, ` and ${filter}`);
  edits.expected.set(clause, [{ ...clause, condition: expression(filter) }]);
}

/** @param at index of the action's first word */
function checkAction(rewriting: Rewriting, target: Target, clause: TreeObject, at: number): void {
  const { protection } = target;
  switch (clause["commandType"]) {
    case "CMD_INSERT": {
      if (filterColumns(protection).length === 0) return refuseBlindly(protection);
      const insertion = insertionAt(rewriting, target, listOf(clause["targetList"]), at + 1);
      if (clause["values"] === undefined) return checkDefaultRow(rewriting, target, clause, insertion);
      checkValues(rewriting, target, insertion, listOf(clause["values"]), insertion.start + 1);
      break;
    }
    case "CMD_UPDATE":
      checkUpdated(rewriting, target, clause, at + 1);
      break;
    case "CMD_DELETE":
    case "CMD_NOTHING":
      break;
    default:
      throw new Denial(unclear);
  }
}
