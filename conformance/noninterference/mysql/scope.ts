/** What can be named at a place in a statement of MySQL's. */
import type { Choices } from "../choices.ts";

/** What the generator takes a value for; the server converts between all of them. */
export type Kind = "int" | "decimal" | "text" | "date" | "datetime" | "json";

export interface Output {
  readonly name: string;
  readonly kind: Kind;
}

/** A table or view of the shop. */
export interface SchemaTable {
  readonly name: string;
  readonly outputs: readonly Output[];
  readonly isView: boolean;
  readonly isProtected: boolean;
  readonly hidesRows: boolean;
  readonly partitions: readonly string[];
  /** Columns that are not masked. */
  readonly shown: readonly string[];
  /** Of the rows that are seen; empty for views. */
  readonly ids: readonly number[];
}

export interface Query {
  readonly sql: string;
  readonly outputs: readonly Output[];
  /** The statement fixes the order of its rows up to rows that look alike. */
  readonly isOrdered: boolean;
}

/** Something of FROM. */
export interface RangeItem {
  readonly alias: string;
  readonly outputs: readonly Output[];
}

export interface ColumnExpression {
  readonly sql: string;
  readonly kind: Kind;
}

export interface Scope {
  readonly choices: Choices;
  readonly schema: readonly SchemaTable[];
  readonly ctes: readonly (Query & { readonly name: string })[];
  readonly columns: readonly ColumnExpression[];
  readonly items: readonly RangeItem[];
  /** What subqueries see of this scope. */
  readonly outer: readonly ColumnExpression[];
  /** What arguments of aggregates see; undefined where aggregates are not allowed. */
  readonly ungrouped: Scope | undefined;
  /** How deep in subqueries this is, from 0. */
  readonly level: number;
  /** A query with one column of a kind, or with one of each kind; it sees `outer`. */
  readonly query: (scope: Scope, want: readonly Kind[]) => Query;
}

/** The scope of a query with these items in FROM. */
export function scopeOf(outside: Scope, items: readonly RangeItem[]): Scope {
  const own = items.flatMap(columnsOf);
  // Twice: what is nearer is what a statement is about.
  const columns = [...own, ...own, ...outside.outer];
  return { ...outside, items, columns, outer: columns, ungrouped: undefined };
}

/** Of a query inside of this one. */
export function inner(scope: Scope): Scope {
  return { ...scope, items: [], columns: scope.outer, ungrouped: undefined, level: scope.level + 1 };
}

export function columnsOf({ alias, outputs }: RangeItem): ColumnExpression[] {
  return outputs.map(({ name, kind }) => ({ sql: `${alias}.${quoteName(name)}`, kind }));
}

export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && name !== "select" && name !== "order"
    ? name
    : `\`${name.replaceAll("`", "``")}\``;
}

export function quoteText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
