import type { MaskCall, RowPredicate, RuleId } from "@penstock/language";
import type { Column, Relation } from "../catalog/catalog.ts";

/** What policies say of one statement, effects combined: the strongest wins, order never matters. */
export interface Decision {
  /** `approve`: it may run when people have said yes. */
  readonly outcome: "allow" | "approve" | "deny";
  /** Not empty unless allowed; the first is what the client sees. */
  readonly reasons: readonly Reason[];
  /** Masks in force by relation path, over every relation that the statement reads. */
  readonly masks: ReadonlyMap<string, RelationMasks>;
  /** Filters in force by relation path, over every relation that the statement reads or writes. */
  readonly filters: ReadonlyMap<string, RelationFilter>;
  /**
   * Views that are read through their definitions, by path, with why: masks and filters act on the tables below, which are among
   * `masks` and `filters`. Those of the views themselves hold besides.
   */
  readonly inlined: ReadonlyMap<string, InlinedView>;
  /** Not empty for `approve`: somebody of each has to say yes. */
  readonly approvals: readonly Approval[];
  /** Alerts to send, whatever the outcome is. */
  readonly notifications: readonly Notification[];
  readonly limits: Limits;
  /** Every rule that fired, sorted. */
  readonly rules: readonly RuleId[];
  /** Run-time errors of rules; an error of a restricting rule is also a reason. */
  readonly errors: readonly { readonly rule: RuleId; readonly message: string }[];
}

export interface Reason {
  readonly message: string;
  /** The rule, or undefined for what the engine itself refuses. */
  readonly rule: RuleId | undefined;
  /** Code of the rule, or the engine's own: `approval_required`, `opaque`, `no_allow`, `row_filter`, `rewrite`, `rule_error`, `too_large`. */
  readonly code: string | undefined;
  /** What to do next, shown as HINT. */
  readonly hint: string | undefined;
  /** Of a mistake in the statement, as the server would tell it. */
  readonly detail?: string | undefined;
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

/** Which rows of a relation exist for the principal: those of which all predicates hold. */
export interface RelationFilter {
  readonly relation: Relation;
  /** Over the relation's columns, at least one. */
  readonly predicates: readonly RowPredicate[];
  /** Sorted. */
  readonly rules: readonly RuleId[];
}

export interface InlinedView {
  readonly view: Relation;
  /** What of the view cannot be shown as it is, for messages: `view public.v shows rows of public.t, which is filtered for you`. */
  readonly why: string;
}

export interface Approval {
  readonly rule: RuleId;
  /** Somebody of any of them; sorted. */
  readonly groups: readonly string[];
  /** How long a yes holds; undefined where the rule does not say. */
  readonly durationMs: number | undefined;
  readonly message: string | undefined;
}

export interface Notification {
  readonly rule: RuleId;
  readonly channel: string;
  readonly message: string | undefined;
}

/** The smallest of each kind that any rule sets. */
export interface Limits {
  readonly rows: Limit | undefined;
  readonly durationMs: Limit | undefined;
  readonly bytes: Limit | undefined;
}

interface Limit {
  readonly value: number;
  readonly rule: RuleId;
}

export const noLimits: Limits = { rows: undefined, durationMs: undefined, bytes: undefined };
