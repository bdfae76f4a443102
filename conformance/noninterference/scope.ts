/** What can be named at a place in a statement. */
import type { Choices } from "./choices.ts";
import type { Kind, SchemaTable } from "./schema.ts";

/** An expression that stands for a column: `c.ssn`, or what a query is grouped by. */
export interface ColumnExpression {
  readonly sql: string;
  readonly kind: Kind;
}

/** A column of a query's result. */
export interface Output {
  readonly name: string;
  /** Undefined for types that are only selected, such as records and json. */
  readonly kind: Kind | undefined;
  /** Whether ORDER BY and DISTINCT can compare it. */
  readonly isSortable: boolean;
}

export interface Query {
  readonly sql: string;
  /** Undefined where the generator has lost count, as after `select *` from a join with merged columns. */
  readonly outputs: readonly Output[] | undefined;
  /** The statement fixes the order of its rows up to rows that look alike. */
  readonly isOrdered: boolean;
}

/** Something of the FROM clause. */
export interface RangeItem {
  readonly alias: string;
  readonly outputs: readonly Output[];
  readonly table: SchemaTable | undefined;
}

/** A table or a query of WITH. */
export interface NamedRelation {
  readonly name: string;
  readonly outputs: readonly Output[];
  readonly table: SchemaTable | undefined;
}

export interface Scope {
  readonly choices: Choices;
  readonly schema: readonly SchemaTable[];
  readonly ctes: readonly NamedRelation[];
  readonly columns: readonly ColumnExpression[];
  /** Whose whole rows can be referenced; none in the select list of a grouped query. */
  readonly items: readonly RangeItem[];
  /** What subqueries see of this scope: in a grouped query only what is not grouped away. */
  readonly correlated: readonly ColumnExpression[];
  /** What the arguments of aggregates see; undefined where aggregates are not allowed. */
  readonly ungrouped: Scope | undefined;
  /** How deep in subqueries this is, from 0. */
  readonly level: number;
  readonly subqueries: Subqueries;
  /** Conditions are all of the kind that cannot fail. */
  readonly isPlain: boolean;
}

/** Subqueries as expressions: made by queries, used by expressions. */
export interface Subqueries {
  readonly scalar: (kind: Kind, scope: Scope) => string;
  readonly exists: (scope: Scope) => string;
  readonly membership: (scope: Scope) => string;
  /** A query of one column of texts. */
  readonly texts: (scope: Scope) => string;
}

export function emptyScope(choices: Choices, schema: readonly SchemaTable[], subqueries: Subqueries): Scope {
  return {
    choices,
    schema,
    ctes: [],
    columns: [],
    items: [],
    correlated: [],
    ungrouped: undefined,
    level: 0,
    subqueries,
    isPlain: choices.chance(25),
  };
}

/** The scope of a query with these items in FROM. */
export function scopeOf(outer: Scope, items: readonly RangeItem[]): Scope {
  const own = items.flatMap((item) => columnsOf(item));
  // Twice: what is nearer is what a statement is about.
  const columns = [...own, ...own, ...outer.correlated];
  return { ...outer, items, columns, correlated: columns, ungrouped: undefined };
}

export function columnsOf({ alias, outputs }: RangeItem): ColumnExpression[] {
  return outputs
    .filter((output) => outputs.filter((other) => other.name === output.name).length === 1)
    .flatMap(({ name, kind }) => (kind === undefined ? [] : [{ sql: `${alias}.${quoteIdentifier(name)}`, kind }]));
}

export function outputsOf(table: SchemaTable): Output[] {
  return table.columns.map(({ name, kind }) => ({ name, kind, isSortable: true }));
}

export function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Those that the generator uses as names on purpose. */
const reserved: ReadonlySet<string> = new Set(["select", "from", "table", "order", "user"]);

export function quoteLiteral(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
