import type { Column } from "../catalog/catalog.ts";
import { isMysql } from "../catalog/mysql-types.ts";
import type { Decimal } from "./decimal.ts";
import { mysqlNumberShape } from "./number-shape-mysql.ts";
import { postgresNumberShape } from "./number-shape-postgres.ts";

/** How the numbers of a column's type are read as exact decimals, and which decimals it can hold. */
export interface NumberShape {
  /** Undefined for what is no finite number. */
  readonly read: (value: string) => Decimal | undefined;
  /** Undefined where the type cannot hold it. */
  readonly print: (result: Decimal) => string | undefined;
  /** Numbers with more digits before the point become NULL: on the way to a multiple of a step of that scale, the server could leave the range of its exact decimals. */
  readonly wholeDigitsMax: (stepScale: number) => number;
  /** The column as an exact decimal. */
  readonly exactSql: (reference: string) => string;
  /** Whether the column's value is no finite number. */
  readonly isSpecialSql: (reference: string) => string;
  /** Whether the column's value has at most so many digits before the point. */
  readonly isBelowSql: (reference: string, wholeDigits: number) => string;
  /** Whether the type can hold a result, given as SQL of an exact decimal. */
  readonly fitsSql: (result: string) => string;
  /** A result that fits, of the column's type. */
  readonly resultSql: (result: string) => string;
}

/** Undefined for a type that holds no numbers, or none that the server casts to exact decimals. */
export function numberShape(column: Column): NumberShape | undefined {
  return isMysql(column) ? mysqlNumberShape(column) : postgresNumberShape(column);
}
