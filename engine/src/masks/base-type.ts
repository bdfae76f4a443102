import type { Column } from "../catalog/catalog.ts";
import { isMysql, typeNumbers } from "../catalog/mysql-types.ts";
import { type DecimalType, decimalTypeOf } from "./decimal.ts";

/** The type that a mask computes in: the column's own, or what lies under its domain. */
export interface BaseType {
  /** As `format_type(oid, NULL)` prints it. */
  readonly name: string;
  readonly modifier: number;
}

export function baseTypeOf(column: Column): BaseType {
  return column.domain === undefined
    ? { name: column.type, modifier: column.typeModifier ?? -1 }
    : { name: column.domain.baseType, modifier: column.domain.baseTypeModifier };
}

/** Character types whose length counts characters. `name` and `"char"` cut bytes, so they take no text mask. */
export type TextShape =
  | { readonly kind: "text" }
  /** PostgreSQL's `bpchar` shows its padding, MySQL's `char` does not. */
  | { readonly kind: "varchar" | "bpchar" | "char"; readonly length: number | undefined };

const headerBytes = 4;

export function textShape(column: Column): TextShape | undefined {
  if (column.typeCategory !== "text") return undefined;
  if (isMysql(column)) {
    const { type } = column;
    return type === "char" || type === "varchar" ? { kind: type, length: typeNumbers(column)[0] } : { kind: "text" };
  }
  const { name, modifier } = baseTypeOf(column);
  const length = modifier < headerBytes ? undefined : modifier - headerBytes;
  if (name === "character varying") return { kind: "varchar", length };
  if (name === "character" || name === "bpchar") return { kind: "bpchar", length };
  if (name === "text" || name === "citext" || name.endsWith(".citext")) return { kind: "text" };
  return undefined;
}

/** A text cut to the type's length, and padded where the type shows that. */
export function fitText(shape: TextShape, value: string): string {
  if (shape.kind === "text" || shape.length === undefined) return value;
  // A string has at least as many code units as characters, so most values need no look at their characters.
  const fitted = value.length > shape.length ? firstCharacters(value, shape.length) : value;
  return shape.kind === "bpchar" ? fitted + " ".repeat(shape.length - characterCount(fitted)) : fitted;
}

/** The value without the padding of `char(n)`. */
export function plainText(shape: TextShape, value: string): string {
  return shape.kind === "bpchar" || shape.kind === "char" ? value.replace(/ +$/, "") : value;
}

/** Precision and scale of an exact decimal type; undefined where it has none. */
export function decimalType(column: Column): DecimalType | undefined {
  if (!isMysql(column)) return decimalTypeOf(baseTypeOf(column).modifier);
  const [precision = 10, scale = 0] = typeNumbers(column);
  return { precision, scale };
}

/** Unicode code points, as the servers count in UTF-8. */
export function characterCount(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

export function firstCharacters(value: string, count: number): string {
  return value.slice(0, unitsOf(value, count));
}

export function lastCharacters(value: string, count: number): string {
  return value.slice(unitsOf(value, Math.max(0, characterCount(value) - count)));
}

/** Code units of the first `characters` code points. */
function unitsOf(value: string, characters: number): number {
  let units = 0;
  for (let left = characters; left > 0 && units < value.length; left--) {
    units += (value.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}
