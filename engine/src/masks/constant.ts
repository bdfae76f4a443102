import type { Column } from "../catalog/catalog.ts";
import { baseTypeOf, fitText, textShape } from "./base-type.ts";
import { type Decimal, fitDecimal, parseDecimal, printDecimal } from "./decimal.ts";
import { integerRange } from "./integer-range.ts";
import { parseIsoTime, printIsoTime } from "./iso-time.ts";
import { cannot, fixed, invalid, type MaskArgument, type MaskFamily } from "./mask.ts";
import { nullMask } from "./null.ts";
import { quoteText } from "./quote.ts";

/** The same value in place of every value. A constant that the column's type cannot hold gives NULL, never an error. */
export const constantMask: MaskFamily = ([value], column) => {
  if (value === undefined) return invalid("`constant` needs a value");
  if (value === null) return nullMask([], column);
  if (typeof value === "string" && value.includes("\0")) {
    return invalid("the argument of `constant` holds a NUL character, which no PostgreSQL text can");
  }
  switch (column.typeCategory) {
    case "text":
      return textConstant(value, column);
    case "integer":
      return integerConstant(value, column);
    case "numeric":
      return numericConstant(value, column);
    case "boolean":
      return typeof value === "boolean" ? fixed(column, value ? "t" : "f", String(value)) : cannot;
    case "date":
      return dateConstant(value, column);
    case "uuid":
      return uuidConstant(value, column);
    case "float":
    case "timestamp":
    case "timestamptz":
    case "time":
    case "json":
    case "bytea":
    case "enum":
    case "array":
    case "composite":
    case "other":
      return cannot;
    default:
      return column.typeCategory satisfies never;
  }
};

function textConstant(value: Exclude<MaskArgument, null>, column: Column) {
  const shape = textShape(column);
  const text = String(value);
  return shape === undefined
    ? cannot
    : fixed(column, fitText(shape, text), `cast(${quoteText(text)} as pg_catalog.text)`);
}

function integerConstant(value: Exclude<MaskArgument, null>, column: Column) {
  const range = integerRange(baseTypeOf(column).name);
  const decimal = decimalOf(value);
  if (range === undefined || decimal === undefined || decimal.scale > 0) return cannot;
  const { digits } = decimal;
  return digits < range.min || digits > range.max ? cannot : fixed(column, String(digits), quoteText(String(digits)));
}

function numericConstant(value: Exclude<MaskArgument, null>, column: Column) {
  const decimal = decimalOf(value);
  const fitted = decimal && fitDecimal(decimal, baseTypeOf(column).modifier);
  if (fitted === undefined) return cannot;
  const text = printDecimal(fitted);
  return fixed(column, text, quoteText(text));
}

function dateConstant(value: MaskArgument, column: Column) {
  const time = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) ? parseIsoTime(value) : undefined;
  if (time === undefined || value === null || String(value) < "0001") return cannot;
  const text = printIsoTime(time, "date");
  const [year, month, day] = text.split("-").map(Number);
  return fixed(column, text, `pg_catalog.make_date(${year}, ${month}, ${day})`);
}

function uuidConstant(value: MaskArgument, column: Column) {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
    ? fixed(column, value.toLowerCase(), quoteText(value))
    : cannot;
}

function decimalOf(value: MaskArgument): Decimal | undefined {
  return typeof value === "number" || typeof value === "bigint" ? parseDecimal(String(value)) : undefined;
}
