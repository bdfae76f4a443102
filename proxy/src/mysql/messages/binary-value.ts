/** "Binary Protocol Value": how long the values of a type are, in executions and in rows. */

/** Bytes of values of a fixed length, by `enum_field_types`. */
const fixedBytes: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 8: 8, 9: 4, 13: 2 };
const temporal: ReadonlySet<number> = new Set([7, 10, 11, 12]);

/** A number of bytes; `byte` where the first byte says how many follow it, `encoded` where a length-encoded integer does. */
export type ValueLength = number | "byte" | "encoded";

export function valueLength(type: number): ValueLength {
  return fixedBytes[type] ?? (temporal.has(type) ? "byte" : "encoded");
}
