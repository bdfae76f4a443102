import { readExpression } from "../sql/definitions.ts";
import type { Catalog, Column, Relation } from "./catalog.ts";
import { type ColumnOf, onlyFacts } from "./labels.ts";

/**
 * The columns that a generated column is computed from, stored or not; of an expression that cannot be analysed all others of the relation.
 * None for a column that is not generated.
 */
export function generatedFrom(catalog: Catalog, relation: Relation, column: Column): readonly ColumnOf[] {
  if (column.generated === undefined) return [];
  const output = onlyFacts(readExpression(catalog, relation, column.generated))?.outputs[0];
  if (output !== undefined) return output.sources;
  return relation.columns.filter((other) => other !== column).map((other) => ({ relation, column: other }));
}
