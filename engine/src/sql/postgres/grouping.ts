import type { StatementContext } from "./context.ts";
import type { RangeItem, Scope, Source } from "./scope.ts";

/** One expression of GROUP BY that is a column. */
export interface GroupKey {
  readonly sources: readonly Source[];
  /** The relation read that it is a column of, where that is known: one relation may be read twice. */
  readonly item: RangeItem | undefined;
  /** UTF-8 byte position of the expression. */
  readonly position: number;
}

/**
 * A query that groups by a relation's primary key may use its other columns ungrouped. Notes for each relation of the level which of
 * its columns the query uses so.
 * @param keys undefined with grouping sets, where PostgreSQL knows no such dependency of all of them.
 */
export function functionalDependents(
  context: StatementContext,
  scope: Scope,
  keys: readonly GroupKey[] | undefined,
): void {
  if (keys === undefined) return;
  for (const item of scope.bases) {
    const { relation, read } = item;
    if (relation?.primaryKey === undefined || read === undefined || read.ungrouped.size === 0) continue;
    const grouped = new Map<number, number>();
    for (const { sources, position, item: of } of keys) {
      if (of !== undefined && of !== item) continue;
      const [source] = sources;
      if (sources.length === 1 && source?.relation === relation) grouped.set(source.column.attnum, position);
    }
    const positions = relation.primaryKey.map((attnum) => grouped.get(attnum));
    const [first] = positions;
    if (first === undefined || positions.includes(undefined)) continue;
    const dependents = relation.columns
      .filter((column) => read.ungrouped.has(column.name) && !grouped.has(column.attnum))
      .map((column) => column.name);
    if (dependents.length === 0) continue;
    const pending = context.reads.find((each) => each.record === read);
    if (pending !== undefined) pending.groupedByKey = { position: first, dependents };
  }
}
