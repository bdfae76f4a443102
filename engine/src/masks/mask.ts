import type { MaskCall } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { writerOf } from "../writers/writer-of.ts";
import { fitText, textShape } from "./base-type.ts";

export type MaskArgument = MaskCall["args"][number];

/**
 * A mask for one column, its arguments checked: the JavaScript and the SQL side together. INVARIANT: both give the same value for
 * every input, and neither raises an error for any input (`conformance/masks` holds them to it).
 */
export interface ColumnMasking {
  /** @param value the text form of a value of the column, dates in ISO style and UTC; `null` for NULL. */
  readonly apply: (value: string | null) => string | null;
  /**
   * The SQL expression, without the cast to the column's type.
   * @param reference the column as SQL text, qualified so that nothing can capture it.
   */
  readonly sql: (reference: string) => string;
}

/**
 * What a mask is for a column with these arguments. `cannot` where the mask does not keep the column's type: `null` takes its place.
 * `invalid` where the arguments mean nothing for any column: the statement is denied with that reason.
 */
export type MaskChoice =
  | { readonly kind: "masking"; readonly masking: ColumnMasking }
  | { readonly kind: "cannot" }
  | { readonly kind: "invalid"; readonly reason: string };

export type MaskFamily = (args: readonly MaskArgument[], column: Column) => MaskChoice;

export const cannot: MaskChoice = { kind: "cannot" };

export function masking(side: ColumnMasking): MaskChoice {
  return { kind: "masking", masking: side };
}

export function invalid(reason: string): MaskChoice {
  return { kind: "invalid", reason };
}

/**
 * A value that does not depend on the masked one, not even on whether it is NULL.
 * @param value in text form
 * @param sql the same value
 */
export function fixed(column: Column, value: string, sql: string): MaskChoice {
  return masking({ apply: () => value, sql: (reference) => writerOf(column).constant(column, sql, reference) });
}

/** A fixed text without NUL, cut to what the column can hold. */
export function fixedText(column: Column, text: string): MaskChoice {
  const shape = textShape(column);
  const writer = writerOf(column);
  if (shape === undefined || !writer.canHold(column, text)) return cannot;
  const fitted = fitText(shape, text);
  return fixed(column, fitted, writer.text(column, fitted));
}

/** An argument as an exact integer, where it is one. */
export function integerArgument(arg: MaskArgument | undefined): bigint | undefined {
  if (typeof arg === "bigint") return arg;
  return typeof arg === "number" && Number.isSafeInteger(arg) ? BigInt(arg) : undefined;
}
