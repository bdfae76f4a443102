import type { Relation } from "../catalog/catalog.ts";
import type { ColumnMask, RelationFilter } from "../decide/decision.ts";
import { filterConjuncts } from "../filters/plan-filter.ts";

/** What stands between a principal and a relation: masks on its columns, a filter on its rows, or both. */
export interface Protection {
  readonly relation: Relation;
  /** Masks by attribute number; empty where there are none. */
  readonly columns: ReadonlyMap<number, ColumnMask>;
  readonly filter: RelationFilter | undefined;
  /** Attribute numbers of masked columns that are read as they are, since what is in the result of them is replaced there. */
  readonly raw?: ReadonlySet<number>;
}

/** For messages: what the principal is to know about it. */
export function because(protection: Protection): string {
  const { relation, columns } = protection;
  return columns.size > 0 ? `columns of ${relation.path} are masked for you` : hiddenRows(protection);
}

/** The same where it matters that rows are hidden. */
export function hiddenRows({ relation }: Protection): string {
  return `rows of ${relation.path} are filtered for you`;
}

/** The filter as SQL over the relation under an alias, one condition; undefined where there is no filter. */
export function filterCondition({ filter }: Protection, alias: string): string | undefined {
  if (filter === undefined) return undefined;
  const conjuncts = filterConjuncts(filter, alias).map(({ sql }) => `(${sql})`);
  return conjuncts.length === 0 ? "true" : conjuncts.join(" and ");
}
