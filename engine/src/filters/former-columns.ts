import type { RowPredicate } from "@penstock/language";
import type { Relation } from "../catalog/catalog.ts";

/** Ways to read one predicate that are tried; with more, no row is shown. */
const readingsMax = 16;

/**
 * A predicate in terms of the names that the relation's columns have now, where it may name some as they were called before. A name that is one
 * column's now and was another's before can mean either: then there are several predicates, and a row is shown where all of them hold.
 */
export function inPresentNames(relation: Relation, predicate: RowPredicate): readonly RowPredicate[] {
  if (relation.former === undefined) return [predicate];
  let readings: ReadonlyMap<string, string>[] = [new Map()];
  for (const name of columnsIn(predicate)) {
    const meant = columnsCalled(relation, name);
    // Nobody's name: whoever makes the filter says so.
    if (meant.length === 0) continue;
    if (readings.length * meant.length > readingsMax) return [{ kind: "constant", holds: false }];
    readings = readings.flatMap((reading) => meant.map((now) => new Map([...reading, [name, now]])));
  }
  return readings.map((reading) => withColumns(predicate, reading));
}

/** Present names of the columns that have this name, or had it. */
function columnsCalled({ columns, former = [] }: Relation, name: string): string[] {
  return columns
    .filter(({ attnum, name: now }) => now === name || former.some((names) => names.columns.get(attnum) === name))
    .map((column) => column.name);
}

/** INVARIANT: in a predicate's tree, columns stand under `column` and nothing else does. */
export function columnsIn(part: unknown): ReadonlySet<string> {
  if (typeof part !== "object" || part === null) return new Set();
  const inner = Object.entries(part).flatMap(([key, value]) =>
    key === "column" && typeof value === "string" ? [value] : [...columnsIn(value)],
  );
  return new Set(inner);
}

function withColumns<T>(part: T, names: ReadonlyMap<string, string>): T;
function withColumns(part: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(part)) return part.map((each) => withColumns(each, names));
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      key === "column" && typeof value === "string" ? (names.get(value) ?? value) : withColumns(value, names),
    ]),
  );
}
