/**
 * Rows that COPY … FROM brings. The server asks its WHERE of each row as it is about to be stored, with defaults filled in and whatever the
 * format was: there stands a condition that fails for a row which its maker would not see. PostgreSQL's own would leave such rows out
 * without a word.
 */
import { quoteName } from "../../../masks/quote.ts";
import type { RelationWrite } from "../resolution.ts";
import { whereSpan } from "./clauses.ts";
import { Denial } from "../../denial.ts";
import { insertAfter, insertBefore, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { expression, expressionAround, hole } from "./fragments.ts";
import { failureFor, filterColumns, refuseBlindly } from "./new-rows.ts";
import { filterCondition, hiddenRows, type Protection } from "../../protection.ts";
import { isSameTree } from "./same-tree.ts";
import type { Rewriting } from "./target.ts";
import { refuseTriggers } from "./triggers.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { everyNode, listOf } from "./tree.ts";

export function checkCopied(rewriting: Rewriting, write: RelationWrite, protection: Protection): void {
  const { source, statement, edits } = rewriting;
  const { relation, rangeVar } = write;
  if (relation.kind !== "table" && relation.kind !== "partitioned") {
    throw new Denial(
      `${hiddenRows(protection)}, and what COPY brings into what is no table cannot be checked`,
      "use INSERT, whose rows are checked",
    );
  }
  if (filterColumns(protection).length === 0) return refuseBlindly(protection);
  refuseTriggers(statement, write, protection);
  const [copy] = everyNode(statement.node, "CopyStmt");
  if (rangeVar === undefined || copy?.["relation"] !== rangeVar) throw new Denial(unclear);
  const check = checkOf(protection);
  const { condition, end } = whereSpan(source, tokenAt(source, rangeVar.location ?? 0));
  const { whereClause } = copy;
  if ((condition === undefined) !== (whereClause === undefined)) throw new Denial(unclear);
  if (condition === undefined || !isObject(whereClause)) {
    insertAfter(edits, source, end - 1, ` where ${check}`);
    edits.expected.set(copy, [{ ...copy, whereClause: expression(check) }]);
    return;
  }
  const [before, after] = ["case when (", `) then ${check} else false end`];
  insertBefore(edits, source, condition.from, before);
  insertAfter(edits, source, condition.to - 1, after);
  edits.expected.set(whereClause, [expressionAround(`${before}${hole}${after}`, { ...whereClause })]);
}

/** The rows have no other name than their table's. */
function checkOf(protection: Protection): string {
  const name = quoteName(protection.relation.name);
  const [first] = filterColumns(protection);
  const filter = filterCondition(protection, name);
  if (first === undefined || filter === undefined) throw new Denial(unclear);
  return `case when ${filter} then true else ${failureFor(protection, `${name}.${quoteName(first.name)}`)} end`;
}

/** Whether a rewritten COPY … FROM checks the rows that it brings: all of them, or those that its own condition chooses. */
export function checksCopied({ whereClause }: TreeObject, protection: Protection): boolean {
  if (protection.filter === undefined || filterColumns(protection).length === 0) return true;
  const check = expression(checkOf(protection));
  if (isSameTree(check, whereClause, new Map())) return true;
  const choice = isObject(whereClause) ? whereClause["CaseExpr"] : undefined;
  if (!isObject(choice) || choice["arg"] !== undefined) return false;
  const [only, second] = listOf(choice["args"]).map(({ CaseWhen: arm }) => arm);
  return (
    isObject(only) &&
    second === undefined &&
    isSameTree(check, only["result"], new Map()) &&
    isSameTree(expression("false"), choice["defresult"], new Map())
  );
}
