import type { Column } from "../catalog/catalog.ts";
import { quoteName, quoteText } from "../masks/quote.ts";
import type { SqlWriter } from "./sql-writer.ts";

export const postgresWriter: SqlWriter = {
  name: quoteName,
  call: (name, ...args) => `pg_catalog.${name}(${args.join(", ")})`,
  operate: (left, operator, right) => `(${left} OPERATOR(pg_catalog.${operator}) ${right})`,
  isOneOf: (value, constants) => `(${value} OPERATOR(pg_catalog.=) any (array[${constants.join(", ")}]))`,
  concat: (...parts) => parts.join(" OPERATOR(pg_catalog.||) "),
  remainder: (number, divisor) => `pg_catalog.mod(${number}, ${divisor})`,
  number: (digits) => `cast('${digits}' as pg_catalog."numeric")`,
  // The server's numeric holds 131,072 digits before the point and 16,383 after it.
  exactDigits: { whole: 16_000, scale: 16_000, all: 32_000 },
  double: (value) => `cast('${value}' as pg_catalog.float8)`,
  date: (iso) => `pg_catalog.make_date(${iso.split("-").map(Number).join(", ")})`,
  canHold: () => true,
  text: (_column, text) => `cast(${quoteText(text)} as pg_catalog.text)`,
  plainText: (_column, reference) => `cast(${reference} as pg_catalog.text)`,
  // Nondeterministic collations, which searching and matching refuse, and those with classes of their own must not matter.
  byCharacter: (_column, text) => `(${text} collate pg_catalog."C")`,
  position: (text, part) => `pg_catalog.strpos(${text}, ${quoteText(part)})`,
  matches: (text, pattern) => `${text} OPERATOR(pg_catalog.~) ${quoteText(`^${pattern}$`)}`,
  // The cast of `typed` does it.
  fitText: (_column, text) => text,
  // A domain checks what is cast to it, and its check may refuse NULL; a column read from no row is NULL without being checked.
  nullOf: (column, reference) =>
    column.isDomain ? readFromNoRow(reference) : withCollationOf(column, "null", reference),
  constant: withCollationOf,
  typed: (column, expression, reference) =>
    expression === readFromNoRow(reference) ? expression : `cast(${expression} as ${column.typeSql})`,
};

function readFromNoRow(reference: string): string {
  return `(select ${reference} where false)`;
}

/**
 * A constant has the default collation; the column may have another, by which comparisons and ORDER BY outside must go on. The
 * arm that is never taken gives its collation, and the planner drops it.
 */
function withCollationOf({ typeCategory }: Column, expression: string, reference: string): string {
  return typeCategory === "text" || typeCategory === "array"
    ? `case when true then ${expression} else ${reference} end`
    : expression;
}
