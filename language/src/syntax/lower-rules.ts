/** Rules: head, value and bodies. */
import type { CstNode } from "chevrotain";
import { child, node, nodes, token } from "./cst.ts";
import type { Lowering } from "./lower.ts";
import { lowerIfBody } from "./lower-bodies.ts";
import { lowerPathStep } from "./lower-expressions.ts";
import type * as tree from "./tree.ts";

export function lowerRule(lowering: Lowering, cst: CstNode): tree.Rule | undefined {
  const head = child(cst, "head");
  const span = lowering.span(cst);
  const primary = child(head, "primary");
  const name = token(primary, "Identifier");
  if (name === undefined) {
    lowering.report(
      "P105",
      "expected a rule",
      lowering.span(head),
      "a statement begins with the name of a rule or with allow, deny, mask, limit or label",
    );
    return undefined;
  }
  const path: tree.Expr[] = [];
  let args: readonly tree.Expr[] | undefined;
  for (const suffix of nodes(head, "suffix")) {
    if (args !== undefined) {
      lowering.report("P105", "nothing can follow the parameters of a function", lowering.span(suffix));
      return undefined;
    }
    const called = token(suffix, "CallParen") !== undefined;
    if (called) args = nodes(suffix, "argument").map((argument) => lowering.expression(argument));
    else path.push(lowerPathStep(lowering, suffix));
  }
  const member = node(cst, "member");
  const value = node(cst, "value");
  const isDefault = token(cst, "Default") !== undefined;
  const ifBody = node(cst, "ifBody");
  const elses = nodes(cst, "elseClause");
  const last = path.at(-1);
  const isPartialObject = last !== undefined && last.kind !== "scalar";
  if (member === undefined && value === undefined && ifBody === undefined && !isPartialObject) {
    lowering.report(
      "P106",
      `rule \`${name.image}\` has neither value nor condition`,
      lowering.span(head),
      "write `if` and a condition, `:=` and a value, or `contains` and a member",
    );
  }
  let chain: tree.Else | undefined;
  for (const clause of elses.toReversed()) {
    const elseValue = node(clause, "expression");
    chain = {
      value: elseValue === undefined ? undefined : lowering.expression(elseValue),
      body: lowerIfBody(lowering, node(clause, "ifBody")),
      else: chain,
      span: lowering.span(clause),
    };
  }
  return {
    name: lowering.name(name),
    path,
    args,
    member: member === undefined ? undefined : lowering.expression(member),
    value: value === undefined ? undefined : lowering.expression(value),
    isDefault,
    body: lowerIfBody(lowering, ifBody),
    else: chain,
    span,
  };
}
