/** By which tables of a statement its columns can be named. */
import type { Relation } from "../../../catalog/catalog.ts";
import type { Insert } from "../tree/dml.ts";
import type { ColumnName } from "../tree/expressions.ts";
import type { Select, TableReference } from "../tree/queries.ts";
import { columnsIn } from "./fragments.ts";
import { isSameName } from "./new-rows.ts";
import { nodesOf } from "./tree.ts";

/** What a FROM names, each with how columns can name it. */
export function sourcesOf(
  from: readonly TableReference[],
): readonly { readonly name: string; readonly source: TableReference }[] {
  return from.flatMap((source) => {
    switch (source.kind) {
      case "table":
        return [{ name: source.alias?.text ?? source.name.parts.at(-1)?.text ?? "", source }];
      case "derived":
      case "json_table":
        return source.alias === undefined ? [] : [{ name: source.alias.text, source }];
      case "table_list":
        return sourcesOf(source.tables);
      case "join":
        return sourcesOf([source.left, source.right]);
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
  const isAlike = selects.some(({ from }) => sourcesOf(from).some((each) => isSameName(each.name, name)));
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
