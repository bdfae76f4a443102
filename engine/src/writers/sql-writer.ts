/**
 * Writes the SQL of what masks and filters compute, as one kind of server reads it: their SQL differs in nothing else. INVARIANT: whatever
 * is written is named and typed so that nothing of the session (search_path, sql_mode, time zone, collation) and no function, operator or
 * type of anybody's own can change what it means.
 */
import type { Column } from "../catalog/catalog.ts";

/** Functions that all servers have under one name and that mean the same in each. */
type SharedFunction = "abs" | "char_length" | "left" | "repeat" | "right" | "round" | "sign" | "substr";

export type SqlOperator = "+" | "-" | "*" | "=" | "<>" | "<" | "<=" | ">" | ">=";

export interface SqlWriter {
  /** A name, quoted so that no keyword, case, character or mode can change what it means. */
  readonly name: (name: string) => string;
  readonly call: (name: SharedFunction, ...args: readonly string[]) => string;
  /** In parentheses. */
  readonly operate: (left: string, operator: SqlOperator, right: string) => string;
  /** Whether a value is one of these constants. */
  readonly isOneOf: (value: string, constants: readonly string[]) => string;
  readonly concat: (...parts: readonly string[]) => string;
  /** The rest of an exact division, with the sign of what is divided. */
  readonly remainder: (number: string, divisor: string) => string;
  /** An exact number. @param digits in decimal notation without an exponent */
  readonly number: (digits: string) => string;
  /** Within so many digits, before and after the point and in all, arithmetic on exact numbers neither overflows nor rounds. */
  readonly exactDigits: { readonly whole: number; readonly scale: number; readonly all: number };
  /** A constant of double precision. */
  readonly double: (value: number) => string;
  /** @param iso `YYYY-MM-DD`, from year 1 on */
  readonly date: (iso: string) => string;
  /** Whether values of the column can hold a text, which has no NUL. */
  readonly canHold: (column: Column, text: string) => boolean;
  /** A text constant such as the column holds. */
  readonly text: (column: Column, text: string) => string;
  /** What a column of a character type holds, without the padding of `char(n)`. */
  readonly plainText: (column: Column, reference: string) => string;
  /** A text under which searching and matching look at characters only, whatever the column's collation. */
  readonly byCharacter: (column: Column, text: string) => string;
  /** Where the first text under `byCharacter` has the second, a constant of printable ASCII, counted from 1. */
  readonly position: (text: string, part: string) => string;
  /** Whether a text under `byCharacter` is matched whole by a pattern of brackets, groups and their repetition. */
  readonly matches: (text: string, pattern: string) => string;
  /** A text cut to what the column can hold. */
  readonly fitText: (column: Column, text: string) => string;
  /** NULL for `typed`. */
  readonly nullOf: (column: Column, reference: string) => string;
  /** An expression that has nothing of the column in it, for `typed`. */
  readonly constant: (column: Column, expression: string, reference: string) => string;
  /** An expression made of the column's type and collation. */
  readonly typed: (column: Column, expression: string, reference: string) => string;
}
