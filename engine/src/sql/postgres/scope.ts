import type { Column, Relation } from "../../catalog/catalog.ts";
import { columnsByName } from "./catalog-index.ts";

/** A base column as one statement uses it; one object a column and statement, so that uses unite. */
export interface Source {
  readonly relation: Relation;
  readonly column: Column;
  /** Bits of `useBits`; empty for a column that is read and leads nowhere. */
  uses: number;
}

/** A column of something in FROM: of a relation, a subquery, a join, a function. */
export interface RangeColumn {
  readonly kind: "column";
  readonly name: string;
  /** Base columns that its value comes from. */
  readonly sources: readonly Source[];
  /** It is one base column, unchanged. */
  readonly direct: boolean;
  /** The relation read that it is a column of, where there is no query in between. */
  readonly base: RangeItem | undefined;
}

/** Something in FROM that columns can be named from. */
export interface RangeItem {
  readonly kind: "item";
  /** The name by which columns are qualified: alias or name. */
  readonly name: string | undefined;
  /** Where a relation stands here under its own name, that relation: only then `schema.table.column` may name it. */
  readonly unaliased: { readonly schema: string | undefined; readonly name: string } | undefined;
  /** The relation itself, for system columns and whole rows. */
  readonly relation: Relation | undefined;
  readonly read: ReadRecord | undefined;
  /** Of a relation: where its columns are referred to. */
  readonly references: ColumnReference[] | undefined;
  /** Output columns in order. */
  readonly columns: readonly RangeColumn[];
  readonly byName: ColumnLookup;
  /** Not undefined: it may have further columns, whose values come from these. */
  readonly open: readonly Source[] | undefined;
  /** Whether `name.column` reaches it. */
  relationVisible: boolean;
  /** Whether a bare column name reaches it. */
  columnsVisible: boolean;
}

export interface ColumnLookup {
  get(name: string): RangeColumn | undefined;
}

/** A reference to a column of a relation as it is, with no query in between. `position` is where it starts. */
export interface ColumnReference {
  readonly position: number;
  readonly column: Column;
}

/** What the rewriter learns of one relation read, filled while the query is walked. */
export interface ReadRecord {
  readonly systemColumns: { readonly name: string; readonly position: number }[];
  readonly schemaQualified: { readonly position: number; readonly fields: readonly string[] }[];
  readonly wholeRows: { readonly position: number }[];
  /** Names of columns used outside of aggregates while the query groups. */
  readonly ungrouped: Set<string>;
}

/** Names of WITH that a query can see, innermost first. */
export interface CteScope {
  readonly parent: CteScope | undefined;
  readonly ctes: Map<string, CteEntry>;
  /** Names that queries further on in the list have, which cannot be seen yet. */
  readonly later: Set<string>;
}

export interface CteEntry {
  columns: readonly RangeColumn[];
  open: readonly Source[] | undefined;
  /** Walks the query on first reference: with RECURSIVE, a later query of the list may be meant. */
  evaluate: (() => void) | undefined;
}

/** The names that one query level can use, and the level around it. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly ctes: CteScope | undefined;
  items: RangeItem[];
  /** All relations read at this level, also those that a join's alias hides. */
  readonly bases: RangeItem[];
  /** How often a column of this level was referred to: a condition that adds none is constant. */
  references: number;
  /** The query has GROUP BY and its select list, HAVING or ORDER BY is being walked. */
  grouping: boolean;
  /** Inside that many aggregate calls. */
  aggregates: number;
}

export function newScope(parent: Scope | undefined, ctes: CteScope | undefined): Scope {
  return { parent, ctes, items: [], bases: [], references: 0, grouping: false, aggregates: 0 };
}

export function newItem(
  name: string | undefined,
  columns: readonly RangeColumn[],
  open: readonly Source[] | undefined,
): RangeItem {
  return {
    kind: "item",
    name,
    unaliased: undefined,
    relation: undefined,
    read: undefined,
    references: undefined,
    columns,
    byName: mapByName(columns),
    open,
    relationVisible: name !== undefined,
    columnsVisible: true,
  };
}

/** The first of two columns with one name wins the map; naming it is an error in PostgreSQL, so all of them count as read. */
function mapByName(columns: readonly RangeColumn[]): ColumnLookup {
  const map = new Map<string, RangeColumn>();
  for (const column of columns) {
    const twin = map.get(column.name);
    map.set(
      column.name,
      twin === undefined ? column : { ...twin, sources: [...twin.sources, ...column.sources], direct: false },
    );
  }
  return map;
}

const systemColumnNames = new Set(["tableoid", "ctid", "xmin", "cmin", "xmax", "cmax"]);

/** Whether the name is a system column of the relation: views, composite types and the like have none. */
export function isSystemColumn(relation: Relation | undefined, name: string): boolean {
  if (relation === undefined || !systemColumnNames.has(name)) return false;
  if (relation.kind === "view" || relation.kind === "composite") return false;
  return !columnsByName(relation).has(name);
}
