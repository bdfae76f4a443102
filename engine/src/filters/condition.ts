/** The value of a column in a row, in the text form in which the server sends it with DateStyle ISO; `null` for NULL. */
export type RowText = (column: string) => string | null;

/**
 * A condition on a row, its SQL and its JavaScript side together. INVARIANT: both say the same of every row, and neither raises an
 * error for any row (`conformance/filters` holds them to it).
 */
export interface Condition {
  /**
   * TRUE for rows of which it holds, FALSE or NULL for others.
   * @param alias the relation as SQL text, quoted so that nothing can capture it
   */
  readonly sql: (alias: string) => string;
  readonly holds: (row: RowText) => boolean;
  /** No function or operator in it can tell anything of a row but through its result (`pg_proc.proleakproof`). */
  readonly isLeakproof: boolean;
}

/** Why a predicate cannot be said exactly of a relation's columns: the statement is denied with that. Never leaves `planFilter`. */
export class CannotFilter extends Error {
  override readonly name = "CannotFilter";
}

export function constantCondition(holds: boolean): Condition {
  return { sql: () => String(holds), holds: () => holds, isLeakproof: true };
}

export function allOf(parts: readonly Condition[]): Condition {
  return {
    sql: (alias) => `(${parts.map(({ sql }) => sql(alias)).join(" and ")})`,
    holds: (row) => parts.every(({ holds }) => holds(row)),
    isLeakproof: parts.every(({ isLeakproof }) => isLeakproof),
  };
}

export function anyOf(parts: readonly Condition[]): Condition {
  return {
    sql: (alias) => `(${parts.map(({ sql }) => sql(alias)).join(" or ")})`,
    holds: (row) => parts.some(({ holds }) => holds(row)),
    isLeakproof: parts.every(({ isLeakproof }) => isLeakproof),
  };
}

/** Holds where the part does not, also where that is NULL. */
export function notOf({ sql, holds, isLeakproof }: Condition): Condition {
  return { sql: (alias) => `((${sql(alias)}) is not true)`, holds: (row) => !holds(row), isLeakproof };
}

/** For what every value fulfils: then NULL alone does not. */
export function notNull(reference: (alias: string) => string, column: string): Condition {
  return {
    sql: (alias) => `(${reference(alias)} is not null)`,
    holds: (row) => row(column) !== null,
    isLeakproof: true,
  };
}
