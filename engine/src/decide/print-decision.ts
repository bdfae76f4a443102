/** Parts of a decision as the data that `DecisionRecord` holds. */
import type { RowPredicate, RuleId } from "@penstock/language";
import { printPredicate } from "../filters/print-predicate.ts";
import { printRule } from "./combine.ts";
import type { Approval, Limits, Notification, Reason } from "./decision.ts";
import type { DecisionRecord } from "./decision-record.ts";

export function printReason({ message, rule, code, hint }: Reason): DecisionRecord["reasons"][number] {
  return {
    message,
    ...(code === undefined ? {} : { code }),
    ...(rule === undefined ? {} : { rule: printRule(rule) }),
    ...(hint === undefined ? {} : { hint }),
  };
}

export function printFilter({
  predicates,
  rules,
}: {
  readonly predicates: readonly RowPredicate[];
  readonly rules: readonly RuleId[];
}): DecisionRecord["filters"][string] {
  return { where: predicates.map(printPredicate), rules: rules.map(printRule) };
}

export function printApproval({ groups, durationMs, message, rule }: Approval): DecisionRecord["approvals"][number] {
  return {
    groups,
    ...(durationMs === undefined ? {} : { for_ms: durationMs }),
    ...(message === undefined ? {} : { message }),
    rule: printRule(rule),
  };
}

export function printNotification({ channel, message, rule }: Notification): DecisionRecord["notifications"][number] {
  return { channel, ...(message === undefined ? {} : { message }), rule: printRule(rule) };
}

/** The smallest of each kind, over several decisions. */
export function printLimits(all: readonly Limits[]): DecisionRecord["limits"] {
  const smallest = (name: keyof Limits): number | undefined => {
    const values = all.flatMap((limits) => limits[name]?.value ?? []);
    return values.length === 0 ? undefined : Math.min(...values);
  };
  const [rows, durationMs, bytes] = [smallest("rows"), smallest("durationMs"), smallest("bytes")];
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

export function printError({ rule, message }: { readonly rule: RuleId; readonly message: string }): {
  readonly rule: string;
  readonly message: string;
} {
  return { rule: printRule(rule), message };
}
