/** DEFAULT in UPDATE, and DEFAULT(column) anywhere: an expression may compute it from other columns of the row, masked ones among them. */
import type { Column } from "../../../catalog/catalog.ts";
import { Denial } from "../../denial.ts";
import { because, type Protection } from "../../protection.ts";
import type { Dialect } from "../dialect.ts";
import type { ColumnAssignment } from "../tree/dml.ts";
import type { ColumnName, Expression } from "../tree/expressions.ts";
import type { Statement } from "../tree/statements.ts";
import { columnName, columnsIn, parsedItems } from "./fragments.ts";
import { isSameName } from "./new-rows.ts";
import { nodesOf } from "./tree.ts";

/** @throws Denial */
export function refuseDefaults(node: Statement, protections: ReadonlyMap<string, Protection>, dialect: Dialect): void {
  const named = namedDefaults(node);
  if (named.length === 0) return;
  for (const protection of protections.values()) {
    const telling = protection.relation.columns.find(
      (column) => named.some((name) => isSameName(name, column.name)) && isFromMasked(column, protection, dialect),
    );
    if (telling === undefined) continue;
    throw new Denial(
      `${because(protection)}, and the default of \`${telling.name}\` is computed from one of them`,
      "give a value in place of DEFAULT",
    );
  }
}

/** Columns of whose default a row that is there already may be given, or shown. */
function namedDefaults(node: Statement): readonly string[] {
  const inside = nodesOf(node, defaults) as unknown as readonly Extract<Expression, { kind: "default" }>[];
  const assignments: readonly ColumnAssignment[] =
    node.kind === "update" ? node.assignments : node.kind === "insert" ? node.onDuplicateKey : [];
  return inside.flatMap((each): readonly string[] => {
    const column: ColumnName | undefined = each.column ?? assignments.find(({ value }) => value === each)?.column;
    return column === undefined ? [] : [columnName(column)];
  });
}

const defaults: ReadonlySet<string> = new Set(["default"]);

function isFromMasked({ default: printed }: Column, { relation, columns }: Protection, dialect: Dialect): boolean {
  if (printed === undefined || printed === "") return false;
  const masked = relation.columns.filter(({ attnum }) => columns.has(attnum));
  try {
    const names = columnsIn(parsedItems(printed, dialect)).map(columnName);
    return masked.some(({ name }) => names.some((each) => isSameName(each, name)));
  } catch {
    // MySQL prints values as they are: what is no expression has no columns.
    return masked.some(({ name }) => printed.toLowerCase().includes(name.toLowerCase()));
  }
}
