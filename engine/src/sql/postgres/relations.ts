import type { RangeVar } from "@pgsql/types";
import { objectPath, type Relation } from "../../catalog/catalog.ts";
import type { UnknownName } from "../facts.ts";
import { positionOf, type StatementContext } from "./context.ts";

/**
 * The relation that a name means; what it does not mean is reported.
 * @param isUtility the relation that a utility statement is about: PostgreSQL gives no position of it, and names a missing schema alone.
 */
export function lookUpRelation(
  context: StatementContext,
  rangeVar: RangeVar,
  reading: boolean,
  isUtility = false,
  advice?: UnknownName["advice"],
): { readonly relation: Relation; readonly open: boolean } | undefined {
  const { schemaname: schema, relname = "" } = rangeVar;
  const position = isUtility ? undefined : positionOf(rangeVar.location);
  const found = createdBeside(context, rangeVar) ?? context.names.relation(schema, relname, reading);
  switch (found.kind) {
    case "found":
      return found;
    case "unknown":
      if (found.missingSchema && schema !== undefined) {
        context.addUnknown("schema", schema, position);
        if (isUtility) return undefined;
      }
      context.addUnknown("relation", schema === undefined ? relname : `${schema}.${relname}`, position, advice);
      return undefined;
    case "uncertain":
      context.addOpaque("a name whose meaning an earlier statement of the same text may have changed", position);
      return undefined;
  }
}

/** What CREATE SCHEMA makes comes before everything of the search_path, for the other things that it makes. */
function createdBeside(
  { created, creationSchema }: StatementContext,
  { schemaname, relname = "" }: RangeVar,
): { readonly kind: "found"; readonly relation: Relation; readonly open: true } | undefined {
  if (creationSchema === undefined || schemaname !== undefined) return undefined;
  const path = objectPath(creationSchema, relname);
  const relation = created.find((each) => each.path === path);
  return relation === undefined ? undefined : { kind: "found", relation, open: true };
}
