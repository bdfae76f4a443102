import type { Column } from "../catalog/catalog.ts";
import { isMysql, isUnsigned, typeNumbers } from "../catalog/mysql-types.ts";
import { baseTypeOf } from "./base-type.ts";

export interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

const bits: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  integer: 32n,
  int: 32n,
  bigint: 64n,
};

/** The range of an integer type, and of MySQL's `bit` and `year`; undefined for other types. */
export function integerRange(column: Column): IntegerRange | undefined {
  if (isMysql(column) && column.type === "bit") return { min: 0n, max: 2n ** BigInt(typeNumbers(column)[0] ?? 1) - 1n };
  if (isMysql(column) && column.type === "year") return { min: 0n, max: 2155n };
  const width = bits[baseTypeOf(column).name];
  if (width === undefined) return undefined;
  if (isUnsigned(column)) return { min: 0n, max: 2n ** width - 1n };
  return { min: -(2n ** (width - 1n)), max: 2n ** (width - 1n) - 1n };
}
