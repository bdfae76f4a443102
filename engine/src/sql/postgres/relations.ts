import type { RangeVar } from "@pgsql/types";
import type { Relation } from "../../catalog/catalog.ts";
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
): { readonly relation: Relation; readonly open: boolean } | undefined {
  const { schemaname: schema, relname = "" } = rangeVar;
  const position = isUtility ? undefined : positionOf(rangeVar.location);
  const found = context.names.relation(schema, relname, reading);
  switch (found.kind) {
    case "found":
      return found;
    case "unknown":
      if (found.missingSchema && schema !== undefined) {
        context.addUnknown("schema", schema, position);
        if (isUtility) return undefined;
      }
      context.addUnknown("relation", schema === undefined ? relname : `${schema}.${relname}`, position);
      return undefined;
    case "uncertain":
      context.addOpaque("a name whose meaning an earlier statement of the same text may have changed", position);
      return undefined;
  }
}
