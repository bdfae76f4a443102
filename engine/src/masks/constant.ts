import type { Column } from "../catalog/catalog.ts";
import { isMysqlFlag, isUnsigned } from "../catalog/mysql-types.ts";
import { writerOf } from "../writers/writer-of.ts";
import { decimalType } from "./base-type.ts";
import { type Decimal, fitDecimal, parseDecimal, printDecimal } from "./decimal.ts";
import { integerRange } from "./integer-range.ts";
import { parseIsoTime, printIsoTime } from "./iso-time.ts";
import { cannot, fixed, fixedText, invalid, type MaskArgument, type MaskFamily } from "./mask.ts";
import { nullMask } from "./null.ts";

/** The same value in place of every value. A constant that the column's type cannot hold gives NULL, never an error. */
export const constantMask: MaskFamily = ([value], column) => {
  if (value === undefined) return invalid("`constant` needs a value");
  if (value === null) return nullMask([], column);
  if (typeof value === "string" && value.includes("\0")) {
    return invalid("the argument of `constant` holds a NUL character, which not every database can hold");
  }
  switch (column.typeCategory) {
    case "text":
      return fixedText(column, String(value));
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

function integerConstant(value: Exclude<MaskArgument, null>, column: Column) {
  const range = integerRange(column);
  const decimal = decimalOf(typeof value === "boolean" && isMysqlFlag(column) ? Number(value) : value);
  if (range === undefined || decimal === undefined || decimal.scale > 0) return cannot;
  const { digits } = decimal;
  if (digits < range.min || digits > range.max) return cannot;
  return fixed(column, String(digits), writerOf(column).number(String(digits)));
}

function numericConstant(value: Exclude<MaskArgument, null>, column: Column) {
  const decimal = decimalOf(value);
  const fitted = decimal && fitDecimal(decimal, decimalType(column));
  if (fitted === undefined || (fitted.digits < 0n && isUnsigned(column))) return cannot;
  const text = printDecimal(fitted);
  return fixed(column, text, writerOf(column).number(text));
}

function dateConstant(value: MaskArgument, column: Column) {
  const time = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) ? parseIsoTime(value) : undefined;
  if (time === undefined || value === null || String(value) < "0001") return cannot;
  const text = printIsoTime(time, "date");
  return fixed(column, text, writerOf(column).date(text));
}

function uuidConstant(value: MaskArgument, column: Column) {
  if (typeof value !== "string" || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return cannot;
  const text = value.toLowerCase();
  return fixed(column, text, writerOf(column).text(column, text));
}

function decimalOf(value: MaskArgument): Decimal | undefined {
  return typeof value === "number" || typeof value === "bigint" ? parseDecimal(String(value)) : undefined;
}
