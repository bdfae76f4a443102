/** By which tables of a statement its columns can be named. */
import type { Relation } from "../../../catalog/catalog.ts";
import type { Insert } from "../tree/dml.ts";
import type { ColumnName } from "../tree/expressions.ts";
import type { Select, TableReference } from "../tree/queries.ts";
import { columnsIn } from "./fragments.ts";
import { isSameName } from "./new-rows.ts";
import { nodesOf } from "./tree.ts";

/** Whether something of a FROM is called so. */
export function isNamedIn(from: readonly TableReference[], name: string): boolean {
  return from.some((reference) => {
    switch (reference.kind) {
      case "table":
        return isSameName(reference.alias?.text ?? reference.name.parts.at(-1)?.text ?? "", name);
      case "derived":
      case "json_table":
        return reference.alias !== undefined && isSameName(reference.alias.text, name);
      case "table_list":
        return isNamedIn(reference.tables, name);
      case "join":
        return isNamedIn([reference.left, reference.right], name);
    }
  });
}

/**
 * Columns in ON DUPLICATE KEY UPDATE that may be those of the statement's query: all but those of the table, which are ambiguous where the
 * query has them as well.
 */
export function columnsOfQuery(
  { source, table, onDuplicateKey }: Insert,
  relation: Relation | undefined,
): readonly ColumnName[] {
  if (source.kind !== "query") return [];
  const name = table.name.parts.at(-1)?.text ?? "";
  const selects = nodesOf(source, selectKinds) as unknown as readonly Select[];
  const isAlike = selects.some(({ from }) => isNamedIn(from, name));
  const isOwn = ({ parts }: ColumnName) => {
    const [own = "", qualifier] = parts.toReversed().map(({ text }) => text);
    const isThere = relation?.columns.some((column) => isSameName(column.name, own)) === true;
    return isThere && !isAlike && (qualifier === undefined || isSameName(qualifier, name));
  };
  const values = onDuplicateKey.map(({ value }) => value);
  const inserted = new Set<unknown>(nodesOf(values, insertedValues).map(({ column }) => column));
  return columnsIn(values).filter((column) => !inserted.has(column) && !isOwn(column));
}

const selectKinds: ReadonlySet<string> = new Set(["select"]);
const insertedValues: ReadonlySet<string> = new Set(["inserted_value"]);
