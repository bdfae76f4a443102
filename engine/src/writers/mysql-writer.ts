/**
 * For MySQL 8 and MariaDB. No function can be captured there: between a built-in one's name and its bracket stands no space, so that the
 * name means the server's own under each sql_mode. Names stand in backticks and texts in single quotes with their character set, hexadecimal
 * where a mode could read them otherwise; `||`, NOT and divisions, which modes change, are not written.
 */
import type { Column } from "../catalog/catalog.ts";
import { isUnsigned } from "../catalog/mysql-types.ts";
import { textShape } from "../masks/base-type.ts";
import { quoteMysqlName } from "../sql/mysql/quote.ts";
import { encodeText } from "./character-set.ts";
import type { SqlWriter } from "./sql-writer.ts";

export const mysqlWriter: SqlWriter = {
  name: quoteMysqlName,
  call: (name, ...args) => `${name}(${args.join(", ")})`,
  operate: (left, operator, right) => `(${left} ${operator} ${right})`,
  isOneOf: (value, constants) => `(${value} in (${constants.join(", ")}))`,
  concat: (...parts) => `concat(${parts.join(", ")})`,
  // MariaDB's own is at times a zero below zero.
  remainder: (number, divisor) => `(mod(${number}, ${divisor}) + 0)`,
  number: (digits) => digits,
  // Of MariaDB 38 may stand after the point.
  exactDigits: { whole: 65, scale: 30, all: 65 },
  double: (value) => (String(value).includes("e") ? String(value) : `${value}e0`),
  date: (iso) => `date'${iso}'`,
  canHold: ({ characterSet = "utf8mb4" }, text) => encodeText(characterSet, text) !== undefined,
  text: ({ characterSet = "utf8mb4" }, text) => literal(characterSet, text),
  // Under PAD_CHAR_TO_FULL_LENGTH the server does not take the padding off.
  plainText: ({ type }, reference) => (type === "char" ? `rtrim(${reference})` : reference),
  byCharacter: ({ characterSet }, text) => `${inUtf8(characterSet, text)} collate utf8mb4_bin`,
  position: (text, part) => `instr(${text}, ${literal("utf8mb4", part)})`,
  // Flags that a session can set for all patterns (`default_regex_flags`) are taken back; `$` would pass over a line break at the end.
  matches: (text, pattern) => `${text} regexp ${literal("utf8mb4", `(?-imsx)\\A${pattern}\\z`)}`,
  fitText: (column, text) => {
    const shape = textShape(column);
    return shape === undefined || shape.kind === "text" || shape.length === undefined
      ? text
      : `left(${text}, ${shape.length})`;
  },
  nullOf: (_column, reference) => nothingOf(reference),
  constant: (column, expression) =>
    column.typeCategory === "integer" ? `cast(${expression} as ${integerCast(column)})` : expression,
  // There is no cast to most types. The arm that is never taken gives its own and its collation.
  typed: (_column, expression, reference) =>
    expression === nothingOf(reference) ? expression : `case when true then ${expression} else ${reference} end`,
};

function nothingOf(reference: string): string {
  return `case when false then ${reference} end`;
}

/** The only integer types that there are casts to. */
export function integerCast(column: Column): string {
  return isUnsigned(column) ? "unsigned" : "signed";
}

/** A text constant with its character set. Weaker than any column, whose collation therefore holds. */
export function literal(characterSet: string, text: string): string {
  const bytes = encodeText(characterSet, text);
  if (bytes === undefined) throw new Error(`a text cannot be written in ${characterSet}`);
  // A backslash means something under some modes, and no text at all is NULL under EMPTY_STRING_IS_NULL.
  const isPlain = bytes.length === text.length && /^[\x20-\x5b\x5d-\x7e]+$/.test(text);
  return isPlain ? `_${characterSet}'${text.replaceAll("'", "''")}'` : `_${characterSet} x'${bytes.toString("hex")}'`;
}

export function inUtf8(characterSet: string | undefined, text: string): string {
  return characterSet === "utf8mb4" ? text : `convert(${text} using utf8mb4)`;
}
