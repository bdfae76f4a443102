/** How generated code makes a `RowPredicate`. An operand is undefined where it is null: nothing holds of that. */
import type { ComparisonOperator } from "../comparison.ts";
import type { RowArithmetic, RowConstant, RowPredicate, RowTerm, RowTextTest, RowTrim } from "../row-predicate.ts";
import { isArray, RegoObject, RegoSet, typeName, type Value } from "../values.ts";
import { EvaluationError, type Site } from "./evaluation-error.ts";
import { valuesOf } from "./runtime.ts";

const always: RowPredicate = { kind: "constant", holds: true };
export const never: RowPredicate = { kind: "constant", holds: false };

/** More would make a text that the server takes longer to plan than to run. */
export const rowPredicatePartsMax = 10_000;

/** Adds one solution of what is known before the row: the conditions on the row that go with it. */
export function alternative(list: RowPredicate[], conditions: readonly RowPredicate[], site: Site): void {
  if (list.length >= rowPredicatePartsMax) {
    const message = `the conditions before the row have more than ${rowPredicatePartsMax} solutions`;
    throw new EvaluationError("eval_internal_error", message, site);
  }
  list.push(allOf(conditions));
}

export function allOf(parts: readonly RowPredicate[]): RowPredicate {
  const open = distinct(
    parts.filter((part) => part !== always).flatMap((part) => (part.kind === "all" ? part.of : [part])),
  );
  if (open.includes(never)) return never;
  return open.length > 1 ? { kind: "all", of: open } : (open[0] ?? always);
}

/** What all parts have in common is asked once, and a column that may equal several constants is looked for among them. */
export function anyOf(parts: readonly RowPredicate[]): RowPredicate {
  const open = distinct(
    parts.filter((part) => part !== never).flatMap((part) => (part.kind === "any" ? part.of : [part])),
  );
  if (open.includes(always)) return always;
  const [first, ...others] = open;
  if (first === undefined || others.length === 0) return first ?? never;
  const lists = others.map((part) => new Set(conjuncts(part).map(keyOf)));
  const common = conjuncts(first).filter((part) => lists.every((keys) => keys.has(keyOf(part))));
  if (common.length > 0) {
    const keys = new Set(common.map(keyOf));
    const rest = open.map((part) => allOf(conjuncts(part).filter((one) => !keys.has(keyOf(one)))));
    return allOf([...common, anyOf(rest)]);
  }
  const merged = membersTogether(open);
  const [only] = merged;
  return merged.length > 1 || only === undefined ? { kind: "any", of: merged } : only;
}

function conjuncts(part: RowPredicate): readonly RowPredicate[] {
  return part.kind === "all" ? part.of : [part];
}

function membersTogether(parts: readonly RowPredicate[]): readonly RowPredicate[] {
  const byTerm = new Map<
    string,
    { readonly at: number; readonly members: Set<RowConstant>; readonly value: RowTerm }
  >();
  const merged: RowPredicate[] = [];
  for (const part of parts) {
    const asked = membersOf(part);
    if (asked === undefined) {
      merged.push(part);
      continue;
    }
    const key = keyOf(asked.value);
    const known = byTerm.get(key);
    if (known !== undefined) for (const member of asked.members) known.members.add(member);
    else {
      byTerm.set(key, { at: merged.length, members: new Set(asked.members), value: asked.value });
      merged.push(part);
    }
  }
  for (const { at, members, value } of byTerm.values()) {
    if (members.size > 1) merged[at] = { kind: "member", value, members: [...members] };
  }
  return merged;
}

function membersOf(
  part: RowPredicate,
): { readonly value: RowTerm; readonly members: readonly RowConstant[] } | undefined {
  if (part.kind === "member") return part;
  if (part.kind !== "compare" || part.operator !== "==" || part.right.kind !== "constant") return undefined;
  return { value: part.left, members: [part.right.value] };
}

function distinct(parts: readonly RowPredicate[]): readonly RowPredicate[] {
  if (parts.length < 2) return parts;
  return [...new Map(parts.map((part) => [keyOf(part), part])).values()];
}

function keyOf(part: RowPredicate | RowTerm): string {
  return JSON.stringify(part, (_name, value: unknown) =>
    typeof value === "bigint" ? { bigint: String(value) } : value,
  );
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
  operator: ComparisonOperator,
  left: RowTerm | undefined,
  right: RowTerm | undefined,
): RowPredicate {
  if (left === undefined || right === undefined) return never;
  if (left.kind === "constant") return { kind: "compare", operator: flipped[operator], left: right, right: left };
  return { kind: "compare", operator, left, right };
}

const flipped = { "==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

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
