/** Expressions: precedence of operators, calls told from references, comprehensions from collections. */
import type { CstNode } from "chevrotain";
import { parseNumber } from "../values.ts";
import { child, firstToken, node, nodes, required, requiredToken, token } from "./cst.ts";
import type { Lowering } from "./lower.ts";
import { lowerTemplate } from "./lower-templates.ts";
import { operatorOf, precedence } from "./operators.ts";
import type * as tree from "./tree.ts";

export function lowerMembership(lowering: Lowering, cst: CstNode): tree.Expr {
  const [first, second] = nodes(cst, "expression").map((expression) => lowerExpression(lowering, expression));
  const key = required(first);
  if (second === undefined) return key;
  if (second.kind !== "infix" || second.operator !== "in") {
    const comma = requiredToken(cst, "Comma");
    lowering.report(
      "P109",
      "expected `key, value in collection`",
      lowering.tokenSpan(comma),
      "conditions are parted by lines, not by commas",
    );
    return key;
  }
  return { kind: "member", key, value: second.left, domain: second.right, span: lowering.span(cst) };
}

export function lowerExpression(lowering: Lowering, cst: CstNode): tree.Expr {
  const operands = nodes(cst, "unary").map((unary) => lowerUnary(lowering, unary));
  const operators = nodes(cst, "operator").map((operator) => operatorOf(firstToken(operator).image));
  let next = 0;
  const climb = (minimum: number): tree.Expr => {
    let left = required(operands[next]);
    for (;;) {
      const operator = operators[next];
      if (operator === undefined || precedence[operator] < minimum) return left;
      next += 1;
      const right = climb(precedence[operator] + 1);
      const span = { ...left.span, end: right.span.end };
      left = { kind: "infix", operator, left, right, span };
    }
  };
  return climb(0);
}

function lowerUnary(lowering: Lowering, cst: CstNode): tree.Expr {
  const operand = lowerReference(lowering, child(cst, "reference"));
  if (token(cst, "Minus") === undefined) return operand;
  const span = lowering.span(cst);
  if (operand.kind === "scalar" && (typeof operand.value === "number" || typeof operand.value === "bigint")) {
    return { kind: "scalar", value: operand.value === 0 ? 0 : -operand.value, span };
  }
  return { kind: "infix", operator: "-", left: { kind: "scalar", value: 0, span }, right: operand, span };
}

function lowerReference(lowering: Lowering, cst: CstNode): tree.Expr {
  let base = lowerPrimary(lowering, child(cst, "primary"));
  let path: tree.Expr[] = [];
  let { end } = base.span;
  for (const suffix of nodes(cst, "suffix")) {
    ({ end } = lowering.span(suffix));
    if (token(suffix, "CallParen") === undefined) {
      // In Rego too nothing is within a number, a text or a word such as `true`.
      if (base.kind === "scalar")
        lowering.report("P101", `unexpected \`${firstToken(suffix).image}\``, lowering.span(suffix));
      path.push(lowerPathStep(lowering, suffix));
      continue;
    }
    const span = { ...base.span, end };
    const callee = calleeOf(base, path);
    if (callee === undefined) {
      lowering.report("P110", "only a function can be called", span);
      return base;
    }
    const args = nodes(suffix, "argument").map((argument) => lowerExpression(lowering, argument));
    base =
      callee.length === 1 && callee[0]?.text === "set" && args.length === 0
        ? { kind: "set", items: [], span }
        : { kind: "call", callee, args, span };
    path = [];
  }
  return path.length === 0 ? base : { kind: "ref", base, path, span: { ...base.span, end } };
}

export function lowerPathStep(lowering: Lowering, cst: CstNode): tree.Expr {
  const name = token(cst, "Identifier");
  if (name !== undefined) return { kind: "scalar", value: name.image, span: lowering.tokenSpan(name) };
  return lowerExpression(lowering, child(cst, "index"));
}

function lowerPrimary(lowering: Lowering, cst: CstNode): tree.Expr {
  const span = lowering.span(cst);
  const array = node(cst, "array");
  if (array !== undefined) return lowerArray(lowering, array);
  const braces = node(cst, "braces");
  if (braces !== undefined) return lowerBraces(lowering, braces);
  const parentheses = node(cst, "parentheses");
  if (parentheses !== undefined) return lowerMembership(lowering, child(parentheses, "membership"));
  const only = firstToken(cst);
  switch (only.tokenType.name) {
    case "Identifier":
      return { kind: "var", name: only.image, span };
    case "Number": {
      const value = parseNumber(only.image);
      if (value === undefined) lowering.report("P111", `number \`${only.image}\` is out of range`, span);
      return { kind: "scalar", value: value ?? 0, span };
    }
    case "String":
      return { kind: "scalar", value: lowering.unescape(only.image, span), span };
    case "RawString":
      return { kind: "scalar", value: only.image.slice(1, -1), span };
    case "Template":
      return lowerTemplate(lowering, only, span);
    default:
      return { kind: "scalar", value: only.image === "null" ? null : only.image === "true", span };
  }
}

function lowerArray(lowering: Lowering, cst: CstNode): tree.Expr {
  const span = lowering.span(cst);
  const body = node(cst, "body");
  const items = [...nodes(cst, "head"), ...nodes(cst, "item")].map((item) => lowerExpression(lowering, item));
  if (body === undefined) return { kind: "array", items, span };
  return {
    kind: "comprehension",
    of: "array",
    key: undefined,
    value: required(items[0]),
    body: lowering.body(body),
    span,
  };
}

function lowerBraces(lowering: Lowering, cst: CstNode): tree.Expr {
  const span = lowering.span(cst);
  const head = node(cst, "head");
  if (head === undefined) return { kind: "object", entries: [], span };
  const first = lowerExpression(lowering, head);
  const headValue = node(cst, "headValue");
  const firstValue = headValue === undefined ? undefined : lowerExpression(lowering, headValue);
  const body = node(cst, "body");
  if (body !== undefined) {
    return firstValue === undefined
      ? { kind: "comprehension", of: "set", key: undefined, value: first, body: lowering.body(body), span }
      : { kind: "comprehension", of: "object", key: first, value: firstValue, body: lowering.body(body), span };
  }
  const entries = nodes(cst, "entry").map((entry) =>
    nodes(entry, "expression").map((part) => lowerExpression(lowering, part)),
  );
  if (firstValue === undefined) {
    const wrong = entries.find((entry) => entry.length === 2);
    if (wrong !== undefined) lowering.report("P112", "a set has no `key: value`", required(wrong[0]).span);
    return { kind: "set", items: [first, ...entries.flat()], span };
  }
  const pairs: [tree.Expr, tree.Expr][] = [[first, firstValue]];
  for (const [key, value] of entries) {
    if (key !== undefined && value === undefined) lowering.report("P112", "an object needs `key: value`", key.span);
    if (key !== undefined && value !== undefined) pairs.push([key, value]);
  }
  return { kind: "object", entries: pairs, span };
}

/** The dotted name that is called, or `undefined` for what is no name. */
function calleeOf(base: tree.Expr, path: readonly tree.Expr[]): tree.Name[] | undefined {
  if (base.kind !== "var") return undefined;
  const names: tree.Name[] = [{ text: base.name, span: base.span }];
  for (const step of path) {
    if (step.kind !== "scalar" || typeof step.value !== "string") return undefined;
    names.push({ text: step.value, span: step.span });
  }
  return names;
}
