import type { RowTextTest } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { isMysql } from "../catalog/mysql-types.ts";
import { mysqlText } from "./text-mysql.ts";
import type { TextOperand } from "./text-operand.ts";
import { postgresText } from "./text-postgres.ts";

/** How a server's SQL compares texts of a row: by their characters, whatever the column's collation. */
export interface TextSql {
  /** Whether any text of the server's can be this one. */
  readonly isStorable: (text: string) => boolean;
  /**
   * The text in the order of its code points.
   * @param known the constants with which it is compared: under `lower` and `upper` the result is exact for their characters only
   */
  readonly ordered: (operand: TextOperand, known: readonly string[]) => OrderedText;
  /** A constant, to be compared with what `ordered` gives. */
  readonly constant: (text: string) => string;
  /** @param piece the part where it is a constant */
  readonly tests: Readonly<Record<RowTextTest, (text: string, part: string, piece: string | undefined) => string>>;
  readonly isLeakproofTest: (test: RowTextTest) => boolean;
  /** @param texts all constants that it is compared with, each of them storable or not */
  readonly equality: (operand: TextOperand, texts: readonly string[]) => TextEquality;
}

export interface OrderedText {
  readonly sql: (alias: string) => string;
  readonly isLeakproof: boolean;
}

/** Equality with constants, by the column's index where that is exact. */
export interface TextEquality {
  readonly isLeakproof: boolean;
  /** What the server would take for equal, and is not. */
  readonly isNever: (text: string) => boolean;
  readonly compared: (alias: string, operator: "==" | "!=", text: string) => string;
  readonly isOneOf: (alias: string, texts: readonly string[]) => string;
}

export function textSqlOf(column: Column): TextSql {
  return isMysql(column) ? mysqlText : postgresText;
}
