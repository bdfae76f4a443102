import type { Column, Relation } from "../../../catalog/catalog.ts";
import type { RelationRead } from "./context.ts";

/** A base column as one statement uses it; one object a column and statement, so that uses unite. */
export interface Source {
  readonly relation: Relation;
  readonly column: Column;
  /** Bits of `useBit` and `touchedBit`. */
  uses: number;
}

/** A column of something in FROM, or of a query's result. */
export interface RangeColumn {
  readonly name: string;
  /** Base columns that its value comes from. */
  readonly sources: readonly Source[];
  /** It is one base column, unchanged. */
  readonly direct: boolean;
}

/** Columns in order; `open` is not undefined where there may be more, whose values come from these. */
export interface Output {
  readonly columns: readonly RangeColumn[];
  readonly open: readonly Source[] | undefined;
}

/** Something in FROM that columns can be named from. Names of columns know no case; those of tables do. */
export interface RangeItem extends Output {
  readonly name: string | undefined;
  readonly schema: string | undefined;
  readonly relation: Relation | undefined;
  readonly read: RelationRead | undefined;
  readonly byName: ReadonlyMap<string, RangeColumn>;
}

/** Names of WITH that a query can see. */
export interface CteScope {
  readonly parent: CteScope | undefined;
  readonly ctes: Map<string, Output>;
}

/** The names of one query level, and the level around it. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly ctes: CteScope | undefined;
  readonly items: RangeItem[];
  /** Names of the select list, which GROUP BY, HAVING and ORDER BY see. */
  aliases: ReadonlyMap<string, RangeColumn>;
  /** How often a column was referred to: a condition that adds none is constant. */
  references: number;
}

export function newScope(parent: Scope | undefined, ctes: CteScope | undefined): Scope {
  return { parent, ctes, items: [], aliases: new Map(), references: 0 };
}

export function newItem(
  name: string | undefined,
  output: Output,
  relation?: Relation,
  schema?: string,
  read?: RelationRead,
): RangeItem {
  return { name, schema, relation, read, byName: byName(output.columns), ...output };
}

/** Two columns of one name are an error where they are named: all of them count. */
export function byName(columns: readonly RangeColumn[]): Map<string, RangeColumn> {
  const map = new Map<string, RangeColumn>();
  for (const column of columns) {
    const key = column.name.toLowerCase();
    const twin = map.get(key);
    map.set(
      key,
      twin === undefined ? column : { ...twin, sources: [...twin.sources, ...column.sources], direct: false },
    );
  }
  return map;
}

export function distinct(sources: readonly Source[]): readonly Source[] {
  return sources.length < 2 ? sources : [...new Set(sources)];
}
