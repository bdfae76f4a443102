/** Bodies: the conditions of rules, statements, comprehensions and `every`. */
import type { CstNode } from "chevrotain";
import type { Span } from "../diagnostics.ts";
import { child, node, nodes, required, token, tokens } from "./cst.ts";
import type { Lowering } from "./lower.ts";
import type * as tree from "./tree.ts";

export function lowerIfBody(lowering: Lowering, cst: CstNode | undefined): tree.Body {
  if (cst === undefined) return [];
  const block = node(cst, "block");
  return block === undefined
    ? [lowerLiteral(lowering, child(cst, "literal"))]
    : lowerBody(lowering, child(block, "body"));
}

export function lowerBody(lowering: Lowering, cst: CstNode): tree.Body {
  const literals = nodes(cst, "literal");
  const semicolons = tokens(cst, "Semicolon").map((semicolon) => semicolon.startOffset);
  literals.forEach((literal, index) => {
    const previous = literals[index - 1]?.location;
    const here = literal.location;
    if (previous === undefined || here === undefined || previous.endLine !== here.startLine) return;
    const separated = semicolons.some((offset) => offset > (previous.endOffset ?? 0) && offset < here.startOffset);
    if (!separated) lowering.report("P107", "expected a new line or `;` before this condition", lowering.span(literal));
  });
  return literals.map((literal) => lowerLiteral(lowering, literal));
}

export function lowerLiteral(lowering: Lowering, cst: CstNode): tree.Literal {
  const span = lowering.span(cst);
  const withs = nodes(cst, "withClause").map((clause) => lowerWith(lowering, clause));
  const some = node(cst, "some");
  if (some !== undefined) return lowerSome(lowering, some, withs, span);
  const every = node(cst, "every");
  if (every !== undefined) {
    const [first, second] = tokens(every, "Identifier").map((identifier) => lowering.name(identifier));
    return {
      kind: "every",
      key: second === undefined ? undefined : first,
      value: required(second ?? first),
      domain: lowering.expression(child(every, "expression")),
      body: lowerBody(lowering, child(child(every, "block"), "body")),
      with: withs,
      span,
    };
  }
  const negated = token(cst, "Not") !== undefined;
  return { kind: "expr", negated, expr: lowering.membership(child(cst, "membership")), with: withs, span };
}

function lowerSome(lowering: Lowering, cst: CstNode, withs: readonly tree.With[], span: Span): tree.Literal {
  const items = nodes(cst, "item").map((item) => lowering.expression(item));
  const domain = node(cst, "domain");
  if (domain !== undefined) {
    const [first, second, third] = items;
    if (third !== undefined) lowering.report("P108", "`some … in` takes a key and a value", third.span);
    return {
      kind: "some",
      key: second === undefined ? undefined : first,
      value: required(second ?? first),
      domain: lowering.expression(domain),
      with: withs,
      span,
    };
  }
  const names: tree.Name[] = [];
  for (const item of items) {
    if (item.kind === "var") names.push({ text: item.name, span: item.span });
    else lowering.report("P108", "`some` declares variables", item.span, "write `some x` or `some x in collection`");
  }
  return { kind: "declare", names, span };
}

export function lowerWith(lowering: Lowering, cst: CstNode): tree.With {
  return {
    target: lowering.path(child(cst, "path")),
    value: lowering.expression(child(cst, "expression")),
    span: lowering.span(child(cst, "path")),
  };
}
