import type { Node } from "@pgsql/types";
import { useBit } from "../fact-sets.ts";
import { type QueryOutput, type StatementContext, type Where } from "./context.ts";
import { insert, merge, remove, update } from "./modify.ts";
import type { CteScope, Scope } from "./scope.ts";
import { select } from "./select.ts";

type QueryKind = "select" | "insert" | "update" | "delete" | "merge";

export interface QueryResult extends QueryOutput {
  readonly kind: QueryKind;
  readonly where: Where;
  readonly limit: number | undefined;
}

/** Walks one of the statements that can stand in WITH: SELECT, INSERT, UPDATE, DELETE, MERGE. */
export function query(
  context: StatementContext,
  node: Node,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  onFirstBranch?: (output: QueryOutput) => void,
): QueryResult {
  if ("SelectStmt" in node) {
    return { kind: "select", ...select(context, node.SelectStmt, parent, ctes, subquery, onFirstBranch) };
  }
  if ("InsertStmt" in node) {
    return { kind: "insert", limit: undefined, ...insert(context, node.InsertStmt, parent, ctes, subquery) };
  }
  if ("UpdateStmt" in node) {
    return { kind: "update", limit: undefined, ...update(context, node.UpdateStmt, parent, ctes, subquery) };
  }
  if ("DeleteStmt" in node) {
    return { kind: "delete", limit: undefined, ...remove(context, node.DeleteStmt, parent, ctes, subquery) };
  }
  if ("MergeStmt" in node) {
    return { kind: "merge", limit: undefined, ...merge(context, node.MergeStmt, parent, ctes, subquery) };
  }
  context.addOpaque(`query ${Object.keys(node).join()}`, undefined);
  return { kind: "select", columns: [], open: [], where: { present: false, constant: false }, limit: undefined };
}

/** Walks a query inside a statement. A data-modifying one is noted: it counts as much as if it stood alone. */
export function subquery(
  context: StatementContext,
  node: Node,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  onFirstBranch?: (output: QueryOutput) => void,
): QueryOutput {
  const result = query(context, node, parent, ctes, onFirstBranch);
  if (result.kind !== "select") context.modifications.push({ kind: result.kind, where: result.where });
  return result;
}

/** Its result goes to the client, or into what the statement creates. */
export function topQuery(context: StatementContext, node: Node, parent?: Scope): QueryResult {
  const result = query(context, node, parent, undefined);
  for (const column of result.columns) for (const source of column.sources) source.uses |= useBit.output;
  for (const source of result.open ?? []) source.uses |= useBit.output;
  return result;
}
