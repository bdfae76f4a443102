import type { Column } from "../../../catalog/catalog.ts";
import { constantSql } from "./implied.ts";
import { expression } from "./fragments.ts";
import { isObject } from "../../tree-object.ts";

/** The default of a column as SQL of no particular type, where it is a constant: NULL where it has none. Undefined where it is computed. */
export function constantDefault(column: Column): string | undefined {
  // The default of a domain takes the place of NULL.
  if (column.default === undefined) return column.isDomain ? undefined : "null";
  if (column.default === "") return undefined;
  let node = expression(column.default);
  while (isObject(node) && isObject(node["TypeCast"])) node = node["TypeCast"]["arg"];
  return isObject(node) && isObject(node["A_Const"]) ? constantSql(node["A_Const"]) : undefined;
}
