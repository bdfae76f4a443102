/** Which tables of UPDATE and DELETE have their rows changed, and which are only read beside them. */
import type { Relation } from "../../../catalog/catalog.ts";
import type { Delete, Update } from "../tree/dml.ts";
import type { Join, TableName, TableReference } from "../tree/queries.ts";
import type { Statement } from "../tree/statements.ts";
import { columnName } from "./fragments.ts";
import { isSameName } from "./new-rows.ts";

/** A change of rows that leaves no trace but in them. */
export interface Change {
  readonly node: Update | Delete;
  readonly targets: readonly ChangedTable[];
}

export interface ChangedTable {
  readonly table: TableName;
  /** By which the statement's columns can name it. */
  readonly name: string;
  /** Joins around it, from the outside in. */
  readonly joins: readonly Join[];
  /** Of those the ones that give NULLs in the place of its rows. */
  readonly nulling: readonly Join[];
}

/**
 * The tables of a change. One too many does no harm: it is filtered in the conditions and not where it is read, which comes to the same.
 * @param relationOf tells of which table a column without a qualifier may be
 */
export function changeOf(node: Statement, relationOf: (table: TableName) => Relation | undefined): Change | undefined {
  if (node.kind !== "update" && node.kind !== "delete") return undefined;
  if (node.with !== undefined || node.portion.length > 0) return undefined;
  if (node.kind === "delete" && node.isHistory) return undefined;
  const tables = node.tables.flatMap((table) => tablesOf(table, [], []));
  return { node, targets: tables.filter((table) => isChanged(node, table, relationOf(table.table))) };
}

function tablesOf(reference: TableReference, joins: readonly Join[], nulling: readonly Join[]): ChangedTable[] {
  switch (reference.kind) {
    case "table":
      return [
        { table: reference, name: reference.alias?.text ?? reference.name.parts.at(-1)?.text ?? "", joins, nulling },
      ];
    case "table_list":
      return reference.tables.flatMap((table) => tablesOf(table, joins, nulling));
    case "join": {
      const inside = [...joins, reference];
      const nulled = [...nulling, reference];
      const { type, left, right } = reference;
      return [
        ...tablesOf(left, inside, type === "right" || type === "natural right" ? nulled : nulling),
        ...tablesOf(right, inside, type === "left" || type === "natural left" ? nulled : nulling),
      ];
    }
    case "derived":
    case "json_table":
      return [];
  }
}

function isChanged(node: Update | Delete, { table, name }: ChangedTable, relation: Relation | undefined): boolean {
  const names = [name, table.name.parts.at(-1)?.text ?? ""];
  const isNamed = (other: string | undefined) => other !== undefined && names.some((each) => isSameName(each, other));
  if (node.kind === "delete") {
    return node.targets.length === 0 || node.targets.some(({ parts }) => isNamed(parts.at(-1)?.text));
  }
  return node.assignments.some(
    ({ column }) => isColumnOf(column, { name }, relation) || isNamed(column.parts.at(-2)?.text),
  );
}

/** Whether a column's name may mean one of a table. */
export function isColumnOf(
  column: Update["assignments"][number]["column"],
  { name }: Pick<ChangedTable, "name">,
  relation: Relation | undefined,
): boolean {
  const qualifier = column.parts.at(-2)?.text;
  if (qualifier !== undefined) return isSameName(qualifier, name);
  return relation === undefined || relation.columns.some((each) => isSameName(each.name, columnName(column)));
}
