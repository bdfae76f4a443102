import type { RangeVar } from "@pgsql/types";
import { type Relation, relationToBe } from "../../catalog/catalog.ts";
import type { StatementContext } from "./context.ts";

/**
 * A relation that the statement creates: reported as a table with access `ddl`, and known to later statements of the text as one
 * without labels. What its columns are is not tracked.
 * @param how `replaces`: one that is there of that name. `readsTemporary`: the server makes a view of temporary tables a temporary one.
 */
export function createRelation(
  context: StatementContext,
  rangeVar: RangeVar | undefined,
  kind: Relation["kind"],
  { replaces = false, readsTemporary = false } = {},
): Relation | undefined {
  if (rangeVar === undefined) return undefined;
  context.visited.add(rangeVar);
  const { schemaname, relname: name = "", relpersistence } = rangeVar;
  const isTemporary =
    relpersistence === "t" || schemaname === "pg_temp" || (schemaname === undefined && readsTemporary);
  const schema = schemaname ?? context.creationSchema ?? context.names.creationSchema(isTemporary);
  const existing = context.names.relation(schema, name, false);
  let relation: Relation;
  if (existing.kind === "found") {
    // CREATE … IF NOT EXISTS and OR REPLACE name what is there; anything else the server refuses.
    relation = existing.relation;
    if (replaces) context.created.push({ ...relation, columns: [], definition: undefined });
  } else {
    relation = relationToBe(schema, name, kind, isTemporary);
    context.created.push(relation);
  }
  context.access(relation, "ddl");
  context.write(relation, rangeVar, replaces && existing.kind === "found" ? "ddl" : "create");
  return relation;
}
