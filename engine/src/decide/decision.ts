import type { MaskCall, RuleId } from "@penstock/language";
import type { Column, Relation } from "../catalog/catalog.ts";

/** What policies say of one statement, effects combined: the strongest wins, order never matters. */
export interface Decision {
  readonly outcome: "allow" | "deny";
  /** Not empty for `deny`; the first is what the client sees. */
  readonly reasons: readonly Reason[];
  /** Masks in force by relation path, over every relation that the statement reads. */
  readonly masks: ReadonlyMap<string, RelationMasks>;
  /** `limit rows`: the smallest. */
  readonly rowLimit: { readonly rows: number; readonly rule: RuleId } | undefined;
  /** Every rule that fired, sorted. */
  readonly rules: readonly RuleId[];
  /** Run-time errors of rules; an error of a restricting rule is also a reason. */
  readonly errors: readonly { readonly rule: RuleId; readonly message: string }[];
}

export interface Reason {
  readonly message: string;
  /** The rule, or undefined for what the engine itself refuses. */
  readonly rule: RuleId | undefined;
  /** Code of the rule, or the engine's own: `opaque`, `no_allow`, `rewrite`, `rule_error`, `too_large`. */
  readonly code: string | undefined;
  /** What to do next, shown as HINT. */
  readonly hint: string | undefined;
}

export interface RelationMasks {
  readonly relation: Relation;
  /** By attribute number. */
  readonly columns: ReadonlyMap<number, ColumnMask>;
}

export interface ColumnMask {
  readonly column: Column;
  readonly mask: MaskCall;
  readonly rules: readonly RuleId[];
}
