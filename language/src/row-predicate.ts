import type { ComparisonOperator } from "./comparison.ts";

/**
 * What a `filter` statement demands of a row, once everything that is known before the row has been evaluated: a tree over the row's
 * columns and constants, as plain data. The engine makes SQL of it, and a JavaScript function.
 *
 * Logic is two-valued: whatever is asked of a column that is NULL does not hold, so that `not` of it does.
 */
export type RowPredicate =
  | { readonly kind: "constant"; readonly holds: boolean }
  /** At least two. */
  | { readonly kind: "all" | "any"; readonly of: readonly RowPredicate[] }
  | { readonly kind: "not"; readonly of: RowPredicate }
  /** `row.c == null`. */
  | { readonly kind: "is_null"; readonly column: string }
  /** `row.c` as a condition of its own. */
  | { readonly kind: "is_true"; readonly column: string }
  /** `left` is of the row. */
  | { readonly kind: "compare"; readonly operator: ComparisonOperator; readonly left: RowTerm; readonly right: RowTerm }
  /** `row.c in {…}`: each member once. */
  | { readonly kind: "member"; readonly value: RowTerm; readonly members: readonly RowConstant[] }
  /** `startswith(text, part)` and so on. */
  | { readonly kind: "text"; readonly test: RowTextTest; readonly text: RowTerm; readonly part: RowTerm };

export type RowArithmetic = "+" | "-" | "*" | "/" | "%";
export type RowTextTest = "startswith" | "endswith" | "contains";
export type RowTrim = "trim" | "trim_left" | "trim_right" | "trim_space";
/** Never null: what is compared with it does not hold. */
export type RowConstant = boolean | number | bigint | string;

export type RowTerm =
  | { readonly kind: "constant"; readonly value: RowConstant }
  | { readonly kind: "column"; readonly column: string }
  | { readonly kind: "case"; readonly to: "lower" | "upper"; readonly text: RowTerm }
  /** `cutset` is empty for `trim_space`. */
  | { readonly kind: "trim"; readonly how: RowTrim; readonly text: RowTerm; readonly cutset: string }
  | { readonly kind: "arithmetic"; readonly operator: RowArithmetic; readonly left: RowTerm; readonly right: RowTerm };
