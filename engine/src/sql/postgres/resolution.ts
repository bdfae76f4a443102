import type { Node, RangeVar } from "@pgsql/types";
import type { Column, Relation, TriggerInfo } from "../../catalog/catalog.ts";
import type { StatementFacts } from "../facts.ts";
import type { ColumnReference } from "./scope.ts";

/**
 * What name resolution found in one statement, beyond the facts: everything that the rewriter needs to edit the text.
 * Positions are UTF-8 bytes from the start of the whole text.
 */
export interface ResolvedStatement {
  readonly facts: StatementFacts;
  readonly node: Node;
  /** Every place where a relation is read: FROM, JOIN, TABLE, USING of DELETE, and so on. CTE references are not listed. */
  readonly reads: readonly RelationRead[];
  /** Every place where a relation is the target of a write, lock or DDL. */
  readonly writes: readonly RelationWrite[];
  /** Values that the statement stores in relations. */
  readonly stored: readonly StoredValue[];
  /** References to columns of queries that show a relation's column unchanged. */
  readonly passedOn: readonly (ColumnReference & { readonly relation: Relation })[];
  /** Users' operators, on the search_path or named by their schema, that some operator of the statement may mean. */
  readonly mayCallUserOperators: boolean;
}

/** What INSERT, SET or MERGE gives to a column of a relation. */
export interface StoredValue {
  readonly into: Relation;
  /** Columns that the value comes from, as for an output: what only chooses the rows is none of them. */
  readonly sources: readonly { readonly relation: Relation; readonly column: Column }[];
}

export interface RelationRead {
  readonly relation: Relation;
  readonly rangeVar: RangeVar;
  /** The `TABLE x` command form, where the name stands without FROM. */
  readonly isTableCommand: boolean;
  /** Within TABLESAMPLE. */
  readonly isSampled: boolean;
  /** References to single columns of it, in the query that reads it and in those inside. */
  readonly references: readonly ColumnReference[];
  /** References to system columns (ctid, tableoid, xmin, …) that can mean this relation. */
  readonly systemColumns: readonly { readonly name: string; readonly position: number }[];
  /** Column references that name the relation by its schema, `public.customers.email` and `public.customers.*`. */
  readonly schemaQualified: readonly { readonly position: number; readonly fields: readonly string[] }[];
  /**
   * Columns that the query may use only because they depend on the relation's primary key in GROUP BY. The rewriter adds
   * them, since a subquery has no primary key. `position` is where the primary key's column reference in GROUP BY starts.
   */
  readonly groupedByKey: { readonly position: number; readonly dependents: readonly string[] } | undefined;
  /**
   * References to the whole row as a value, `c` and `c.*` where they are one value of the relation's row type (`select c`,
   * `array_agg(c)`, `row_to_json(c.*)`): in a subquery they would be of type record. Stars that expand to columns are not listed.
   */
  readonly wholeRows: readonly { readonly position: number }[];
  /** Name by which the query refers to it: alias, or the relation's name. */
  readonly refName: string;
}

export interface RelationWrite {
  readonly relation: Relation;
  readonly rangeVar: RangeVar | undefined;
  /** References to single columns of the target. */
  readonly references: readonly ColumnReference[];
  /** Triggers that may give a new row other values before it is stored. */
  readonly triggers: readonly TriggerInfo[];
  /** How many columns an INSERT gives values to, where that is known. */
  readonly given?: number;
  readonly kind:
    | "insert"
    | "update"
    | "delete"
    | "merge"
    | "copy_from"
    | "copy_to"
    | "truncate"
    | "lock"
    /** What is there is changed, named or referred to. */
    | "ddl"
    | "create"
    | "refresh";
}
