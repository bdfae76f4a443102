/** Interpolated strings. */
import type { IToken } from "chevrotain";
import type { Span } from "../diagnostics.ts";
import { child, nodes } from "./cst.ts";
import { parser } from "./grammar.ts";
import type { Lowering } from "./lower.ts";
import { lowerWith } from "./lower-bodies.ts";
import { templateExpressionEnd } from "./template.ts";
import { lex } from "./tokens.ts";
import type * as tree from "./tree.ts";

/** `$"text {expression} text"`: each expression is lexed and parsed where it stands. */
export function lowerTemplate(lowering: Lowering, only: IToken, span: Span): tree.Expr {
  const text = only.image;
  const raw = text.charAt(1) === "`";
  const parts: (string | tree.TemplateExpr)[] = [];
  let literal = "";
  const flush = (): void => {
    if (literal !== "") parts.push(raw ? literal : lowering.unescape(`"${literal}"`, span));
    literal = "";
  };
  let at = 2;
  while (at < text.length - 1) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === "\\" && next === "{") {
      literal += "{";
      at += 2;
    } else if (char === "\\" && !raw) {
      literal += char + next;
      at += 2;
    } else if (char === "{") {
      flush();
      const end = templateExpressionEnd(text, at) ?? text.length - 1;
      const part = lowerTemplateExpression(lowering, text.slice(at + 1, end - 1), only, at + 1);
      if (part !== undefined) parts.push(part);
      at = end;
    } else {
      literal += char;
      at += 1;
    }
  }
  flush();
  return { kind: "template", parts, span };
}

function lowerTemplateExpression(
  lowering: Lowering,
  text: string,
  template: IToken,
  at: number,
): tree.TemplateExpr | undefined {
  const before = template.image.slice(0, at);
  const lines = before.split("\n").length - 1;
  const lexed = lex(text);
  for (const inner of lexed.tokens) {
    if (inner.startLine === 1 && inner.startColumn !== undefined) {
      inner.startColumn += lines === 0 ? (template.startColumn ?? 1) - 1 + at : at - before.lastIndexOf("\n") - 1;
    }
    inner.startLine = (inner.startLine ?? 1) + (template.startLine ?? 1) - 1 + lines;
    inner.endLine = (inner.endLine ?? 1) + (template.startLine ?? 1) - 1 + lines;
    inner.startOffset += template.startOffset + at;
    if (inner.endOffset !== undefined) inner.endOffset += template.startOffset + at;
  }
  parser.input = lexed.tokens;
  const cst = parser.templateExpression();
  const span = lowering.tokenSpan(template);
  const error = parser.errors[0];
  if (lexed.errors.length > 0 || error !== undefined) {
    lowering.report(
      "P113",
      `template expression \`{${text}}\`: ${error?.message ?? "unexpected character"}`,
      span,
      "a brace that is text is written `\\{`",
    );
    return undefined;
  }
  return {
    expr: lowering.membership(child(cst, "membership")),
    with: nodes(cst, "withClause").map((clause) => lowerWith(lowering, clause)),
  };
}
