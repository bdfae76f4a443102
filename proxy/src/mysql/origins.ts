import { type Catalog, namedIn } from "@penstock/engine";
import type { ColumnOrigin } from "./messages/column-definition.ts";

/** Number of a column by database, table and name, in lower case: for alerts it does not matter whether the server tells cases apart. */
const numbers = new WeakMap<Catalog, ReadonlyMap<string, number>>();

/** The column that a result's column comes straight from, as `StatementVerdict.forbiddenOrigins` numbers them, where the server tells of one. */
export function originNumber(catalog: Catalog, { database, table, column }: ColumnOrigin): number | undefined {
  if (table === "" || column === "") return undefined;
  return numbersOf(catalog).get(keyOf(database, table, column));
}

function numbersOf(catalog: Catalog): ReadonlyMap<string, number> {
  let known = numbers.get(catalog);
  if (known === undefined) {
    known = new Map(
      // Temporary tables last: where they hide others, the name is theirs.
      [...catalog.relations.values(), ...(catalog.temporary?.byName.values() ?? [])].flatMap((relation) =>
        relation.columns.map(
          (column) =>
            [keyOf(namedIn(relation), relation.name, column.name), relation.oid * 65_536 + column.attnum] as const,
        ),
      ),
    );
    numbers.set(catalog, known);
  }
  return known;
}

function keyOf(...parts: readonly string[]): string {
  return parts.join("\0").toLowerCase();
}
