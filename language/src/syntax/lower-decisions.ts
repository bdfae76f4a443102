/** Decision statements: `deny`, `mask` and the other words of the language. */
import type { CstNode, IToken } from "chevrotain";
import type { Span } from "../diagnostics.ts";
import { child, node, nodes, requiredToken } from "./cst.ts";
import type { Lowering } from "./lower.ts";
import { lowerIfBody, lowerLiteral } from "./lower-bodies.ts";
import type * as tree from "./tree.ts";

export function lowerDecision(lowering: Lowering, kind: tree.DecisionKind, cst: CstNode): tree.Decision {
  const span = lowering.span(cst);
  const body = lowerIfBody(lowering, node(cst, "ifBody"));
  switch (kind) {
    case "allow":
      return { kind, body, span };
    case "filter":
      return lowerFilter(lowering, cst, body, span);
    case "approve":
      return {
        kind,
        groups: nodes(cst, "group").map((group) => lowering.expression(group)),
        duration: optional(lowering, node(cst, "duration")),
        because: lowerBecause(lowering, cst),
        body,
        span,
      };
    case "notify":
      return {
        kind,
        channel: lowering.expression(child(cst, "channel")),
        because: lowerBecause(lowering, cst),
        body,
        span,
      };
    case "deny":
      return {
        kind,
        message: lowering.expression(child(cst, "message")),
        code: optional(lowering, node(cst, "codeValue")),
        body,
        span,
      };
    case "mask":
      return {
        kind,
        subject: lowerSubject(lowering, child(cst, "path")),
        mask: lowering.name(requiredToken(cst, "mask")),
        args: nodes(cst, "expression").map((argument) => lowering.expression(argument)),
        body,
        span,
      };
    case "limit":
      return {
        kind,
        what: lowering.name(requiredToken(cst, "what")),
        value: lowering.expression(child(cst, "expression")),
        body,
        span,
      };
    case "label":
      return {
        kind,
        subject: lowerSubject(lowering, child(cst, "path")),
        value: lowering.expression(child(cst, "expression")),
        body,
        span,
      };
  }
}

function lowerFilter(lowering: Lowering, cst: CstNode, body: tree.Body, span: Span): tree.Decision {
  const path = child(cst, "path");
  const where = requiredToken(cst, "where");
  if (where.image !== "where") {
    const help = "write `filter schema.table as row where CONDITION if CONDITION`";
    lowering.report("P115", "expected `where`", lowering.tokenSpan(where), help);
  }
  const block = node(cst, "block");
  return {
    kind: "filter",
    table: { parts: lowering.path(path), span: lowering.span(path) },
    row: lowering.name(requiredToken(cst, "row")),
    rows: block === undefined ? [lowerLiteral(lowering, child(cst, "literal"))] : lowering.body(child(block, "body")),
    body,
    span,
  };
}

function optional(lowering: Lowering, cst: CstNode | undefined): tree.Expr | undefined {
  return cst === undefined ? undefined : lowering.expression(cst);
}

function lowerBecause(lowering: Lowering, cst: CstNode): tree.Expr | undefined {
  const because = node(cst, "because");
  return because === undefined ? undefined : lowering.expression(child(because, "expression"));
}

function lowerSubject(lowering: Lowering, cst: CstNode): tree.Subject {
  const parts = lowering.path(cst);
  const only = parts.length === 1 ? parts[0] : undefined;
  return only === undefined
    ? { kind: "path", parts, span: lowering.span(cst) }
    : { kind: "each", name: { text: only, span: lowering.span(cst) } };
}

/**
 * `allow if …` is also the Rego rule that it looks like, so that `data.shop.allow`, `default allow := false` and tests of such rules mean what they
 * mean in Rego.
 */
export function ruleOfAllow(decision: tree.Decision, word: IToken): tree.Rule {
  const { body, span } = decision;
  const name = { text: word.image, span: { ...span, end: span.start + word.image.length } };
  return {
    name,
    path: [],
    args: undefined,
    member: undefined,
    value: undefined,
    isDefault: false,
    body,
    else: undefined,
    span,
  };
}
