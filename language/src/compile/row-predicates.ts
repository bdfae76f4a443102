/** How generated code makes a `RowPredicate`. An operand is undefined where it is null: nothing holds of that. */
import type {
  RowArithmetic,
  RowComparison,
  RowConstant,
  RowPredicate,
  RowTerm,
  RowTextTest,
  RowTrim,
} from "../row-predicate.ts";
import { isArray, RegoObject, RegoSet, typeName, type Value } from "../values.ts";
import { EvaluationError, type Site, valuesOf } from "./runtime.ts";

const always: RowPredicate = { kind: "constant", holds: true };
export const never: RowPredicate = { kind: "constant", holds: false };

export function allOf(parts: readonly RowPredicate[]): RowPredicate {
  const open = parts.filter((part) => part !== always).flatMap((part) => (part.kind === "all" ? part.of : [part]));
  if (open.includes(never)) return never;
  return open.length > 1 ? { kind: "all", of: open } : (open[0] ?? always);
}

export function anyOf(parts: readonly RowPredicate[]): RowPredicate {
  const open = parts.filter((part) => part !== never).flatMap((part) => (part.kind === "any" ? part.of : [part]));
  if (open.includes(always)) return always;
  return open.length > 1 ? { kind: "any", of: open } : (open[0] ?? never);
}

export function notOf(part: RowPredicate): RowPredicate {
  if (part.kind === "constant") return part.holds ? never : always;
  return part.kind === "not" ? part.of : { kind: "not", of: part };
}

export function isNull(column: string): RowPredicate {
  return { kind: "is_null", column };
}

export function isTrue(column: string): RowPredicate {
  return { kind: "is_true", column };
}

export function comparison(
  operator: RowComparison,
  left: RowTerm | undefined,
  right: RowTerm | undefined,
): RowPredicate {
  return left === undefined || right === undefined ? never : { kind: "compare", operator, left, right };
}

/** What is no collection has no members, as in Rego; a null among them is no row's value. */
export function membership(value: RowTerm | undefined, collection: Value, site: Site): RowPredicate {
  const members = new Set<RowConstant>();
  for (const member of valuesOf(collection)) if (member !== null) members.add(scalar(member, site));
  if (value === undefined || members.size === 0) return never;
  return { kind: "member", value, members: [...members] };
}

export function textTest(
  test: RowTextTest,
  text: RowTerm | undefined,
  part: RowTerm | undefined,
  site: Site,
): RowPredicate {
  for (const operand of [text, part]) if (operand?.kind === "constant") textOf(operand.value, site);
  return text === undefined || part === undefined ? never : { kind: "text", test, text, part };
}

export function rowColumn(column: string): RowTerm {
  return { kind: "column", column };
}

export function rowConstant(value: Value, site: Site): RowTerm | undefined {
  return value === null ? undefined : { kind: "constant", value: scalar(value, site) };
}

export function rowCase(to: "lower" | "upper", text: RowTerm | undefined): RowTerm | undefined {
  return text === undefined ? undefined : { kind: "case", to, text };
}

export function rowTrim(how: RowTrim, text: RowTerm | undefined, cutset: Value, site: Site): RowTerm | undefined {
  return text === undefined ? undefined : { kind: "trim", how, text, cutset: textOf(cutset, site) };
}

export function rowArithmetic(
  operator: RowArithmetic,
  left: RowTerm | undefined,
  right: RowTerm | undefined,
  site: Site,
): RowTerm | undefined {
  for (const operand of [left, right]) {
    if (operand?.kind !== "constant" || typeof operand.value === "number" || typeof operand.value === "bigint")
      continue;
    throw new EvaluationError("eval_type_error", `\`${operator}\` takes numbers, not ${typeName(operand.value)}`, site);
  }
  if ((operator === "/" || operator === "%") && right?.kind === "constant" && right.value === 0) {
    throw new EvaluationError("eval_builtin_error", "divide by zero", site);
  }
  return left === undefined || right === undefined ? undefined : { kind: "arithmetic", operator, left, right };
}

function scalar(value: Value, site: Site): RowConstant {
  if (value !== null && !isArray(value) && !(value instanceof RegoSet) && !(value instanceof RegoObject)) return value;
  throw new EvaluationError("eval_type_error", `a row's column is compared with ${typeName(value)}`, site);
}

function textOf(value: Value, site: Site): string {
  if (typeof value === "string") return value;
  throw new EvaluationError("eval_type_error", `expected a string, not ${typeName(value)}`, site);
}
