/** Values that SET, and ON DUPLICATE KEY UPDATE, give to columns of a table of which rows are hidden: a row that is seen stays one. */
import type { Column } from "../../../catalog/catalog.ts";
import { filterCondition, type Protection } from "../../protection.ts";
import { isObject } from "../../tree-object.ts";
import { functionFact } from "../facts/functions.ts";
import { quoteMysqlName } from "../quote.ts";
import type { ColumnAssignment } from "../tree/dml.ts";
import type { Expression } from "../tree/expressions.ts";
import type { Rewriting } from "./edits.ts";
import { checkedValue } from "./failing-values.ts";
import { columnName, hole, replaceExpression, surround } from "./fragments.ts";
import { checkedRow, isSameName, refusal, row, type RowCheck, rowChecks } from "./new-rows.ts";
import { noLimit } from "./protected-source.ts";
import { constantDefault } from "./stored-value.ts";
import { nodesOf } from "./tree.ts";

/** A table whose rows are given values. */
export interface AssignedTable {
  /** By which the statement's columns can name it. */
  readonly name: string;
  readonly protection: Protection;
}

/**
 * @param assignments to columns of the table
 * @param guarded whether a row may be in the way that is hidden: then nothing is changed, and the statement fails
 * @throws Denial
 */
export function checkAssigned(
  rewriting: Rewriting,
  { name, protection }: AssignedTable,
  assignments: readonly ColumnAssignment[],
  guarded: boolean,
): void {
  const checks = rowChecks(protection);
  const alias = quoteMysqlName(name);
  const checkOf = (column: string) =>
    checks.find(({ columns }) => columns.some((each) => isSameName(each.name, column)));
  for (const [index, assignment] of assignments.entries()) {
    const own = columnName(assignment.column);
    const check = checkOf(own);
    const others = assignments.filter((other) => other !== assignment && checkOf(columnName(other.column)) === check);
    if (check !== undefined && others.length > 0) {
      throw refusal(
        protection,
        `its columns ${check.columns.map((column) => `\`${column.name}\``).join(" and ")} decide together which`,
        "set one of them at a time",
      );
    }
    const column = check?.columns.find((each) => isSameName(each.name, own));
    const value =
      check === undefined || column === undefined
        ? undefined
        : valueOf(rewriting, { name, protection }, check, column, assignment.value);
    const filter = guarded && index === 0 ? filterCondition(protection, alias) : undefined;
    const guard = filter === undefined ? undefined : { filter, own: `${alias}.${quoteMysqlName(own)}` };
    put(rewriting, protection, assignment, value, guard);
  }
}

function put(
  { edits, dialect }: Rewriting,
  protection: Protection,
  { value: node }: ColumnAssignment,
  checked: string | undefined,
  guard: { readonly filter: string; readonly own: string } | undefined,
): void {
  if (guard === undefined && checked === undefined) return;
  let value = checked ?? hole;
  if (guard !== undefined) {
    if (node.kind === "default" && node.column === undefined) {
      throw refusal(
        protection,
        "DEFAULT is the first value that ON DUPLICATE KEY UPDATE gives",
        "give another one first",
      );
    }
    // The first to be given: whatever comes after it sees the row as it was, or the statement has failed.
    value = checkedValue(protection, guard.filter, value, guard.own);
  }
  if (value.includes(hole)) surround(edits, dialect, node, value);
  else replaceExpression(edits, dialect, node, value);
}

/** What the column is given instead; `undefined` where nothing need be checked. */
function valueOf(
  { text, dialect }: Rewriting,
  { name, protection }: AssignedTable,
  check: RowCheck,
  column: Column,
  node: Expression,
): string | undefined {
  const isAlone = check.columns.length === 1;
  if (node.kind === "default" && node.column === undefined) {
    const known = isAlone ? constantDefault(column, dialect) : undefined;
    if (known !== undefined && check.part.holds(() => known.text)) return undefined;
    throw refusal(protection, `with its default in \`${column.name}\` a row would be hidden`, "give it another value");
  }
  // It has passed as that of the new row.
  if (node.kind === "inserted_value" && isAlone && isSameName(columnName(node.column), column.name)) return undefined;
  const checked = (value: string) =>
    checkedRow(
      check,
      protection,
      column,
      (other) =>
        other === column
          ? { sql: value, isStored: false }
          : { sql: `${quoteMysqlName(name)}.${quoteMysqlName(other.name)}`, isStored: true },
      dialect,
    );
  if (nodesOf(node, referring).length === 0) {
    const own = quoteMysqlName(column.name);
    return `(select ${checked(`${row}.${own}`)} from (select ${hole} as ${own} ${noLimit}) as ${row})`;
  }
  if (!isRepeatable(node)) {
    throw refusal(
      protection,
      `\`${column.name}\` decides which: it is given a value that is computed from columns and from more`,
      "give it a constant or a parameter, or compute it from columns by built-in functions alone",
    );
  }
  return checked(text.slice(node.start, node.end));
}

const referring: ReadonlySet<string> = new Set(["column", "inserted_value", "json_path", "default", "match"]);

/** Whether it is the same each time it is computed for a row. */
function isRepeatable(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(isRepeatable);
  if (!isObject(node)) return true;
  const kind = node["kind"];
  if (kind === "call") {
    const { parts } = node["name"] as { parts: readonly { text: string }[] };
    const [own, second] = parts.map((each) => each.text);
    const { builtin, category } = functionFact(second === undefined ? undefined : own, own ?? "", "");
    if (second !== undefined || !builtin || category !== "pure") return false;
  } else if (typeof kind === "string" && !repeatable.has(kind)) return false;
  return Object.values(node).every(isRepeatable);
}

const repeatable: ReadonlySet<string> = new Set(
  "literal column unary binary logical is between in_list like collate row case cast extract trim interval_arithmetic interval inserted_value".split(
    " ",
  ),
);
