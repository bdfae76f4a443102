import { type Catalog, namedIn } from "@penstock/engine";
import type { ColumnOrigin } from "./messages/column-definition.ts";

/** Number of a column by database, table and name, in lower case: for alerts it does not matter whether the server tells cases apart. */
const numbers = new WeakMap<Catalog, ReadonlyMap<string, number>>();

/** Whether a result's column comes straight from one of these, as `StatementVerdict.forbiddenOrigins` numbers them. */
export function isForbidden(catalog: Catalog, forbidden: ReadonlySet<number>, origin: ColumnOrigin): boolean {
  if (origin.table === "" || origin.column === "") return false;
  const number = numbersOf(catalog).get(keyOf(origin.database, origin.table, origin.column));
  return number !== undefined && forbidden.has(number);
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
