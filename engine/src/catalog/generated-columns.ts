import { quoteName } from "../masks/quote.ts";
import type { Catalog, Column, Relation } from "./catalog.ts";
import { type ColumnOf, definitionFacts } from "./labels.ts";

/**
 * The columns that a generated column is computed from, stored or not; of an expression that cannot be analysed all others of the relation.
 * None for a column that is not generated.
 */
export function generatedFrom(catalog: Catalog, relation: Relation, column: Column): readonly ColumnOf[] {
  if (column.generated === undefined) return [];
  const table = `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
  const output = definitionFacts(catalog, `select ${column.generated} from only ${table}`)?.outputs[0];
  if (output !== undefined) return output.sources;
  return relation.columns.filter((other) => other !== column).map((other) => ({ relation, column: other }));
}
