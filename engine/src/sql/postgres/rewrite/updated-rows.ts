/** Rows that SET makes. */
import type { Column } from "../../../catalog/catalog.ts";
import { quoteName } from "../../../masks/quote.ts";
import { nextAtLevel } from "./clauses.ts";
import { Denial } from "../../denial.ts";
import { tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { checkRow, filterColumns, type Given } from "./new-rows.ts";
import { hiddenRows } from "../../protection.ts";
import { endOfName, isToken } from "./source-text.ts";
import type { Rewriting, Target } from "./target.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { listOf, locationOf } from "./tree.ts";

/**
 * Checks the rows that SET makes, where it writes a column that the filter looks at: else a row is seen after it if it was before.
 * @param start index of SET
 */
export function checkUpdated(rewriting: Rewriting, target: Target, clause: TreeObject, start: number): void {
  const { source } = rewriting;
  const columns = filterColumns(target.protection);
  const given = new Map<Column, Given>();
  for (const { ResTarget: assignment } of listOf(clause["targetList"])) {
    if (!isObject(assignment)) throw new Denial(unclear);
    const { name, val, indirection } = assignment;
    const column = columns.find((one) => one.name === name);
    if (column === undefined) continue;
    const equals = endOfName(source, tokenAt(source, locationOf(assignment)));
    const isPlain =
      isObject(val) &&
      val["MultiAssignRef"] === undefined &&
      val["SetToDefault"] === undefined &&
      indirection === undefined;
    if (!isPlain || equals === undefined || equals <= start || !isToken(source, equals, "=")) {
      throw new Denial(
        `${hiddenRows(target.protection)}, and ${quoteName(column.name)} decides which: it can only be set to one value of its own`,
        `write SET ${quoteName(column.name)} = value`,
      );
    }
    const end = nextAtLevel(source, equals + 1, [",", "from", "where", "returning", "when"]);
    given.set(column, { node: val, span: { from: equals + 1, to: end } });
  }
  if (given.size === 0) return;
  const kept = columns
    .filter((column) => !given.has(column))
    .map((column) => [column, `${quoteName(target.name)}.${quoteName(column.name)}`] as const);
  checkRow(rewriting, target, given, new Map(kept));
}
