/**
 * Concrete syntax tree to tree.ts, once: precedence of operators, comprehensions told from collections, heads of rules, strings
 * unescaped. Runs only on files without syntax errors, so every part that the grammar demands is there.
 *
 * Here: files, and what their parts share. Each kind of part is in a file of its own, which comes back here for the parts in it.
 */
import type { CstNode, IToken } from "chevrotain";
import type { Code } from "../codes/codes.ts";
import { type Advice, type Diagnostic, diagnostic, type SourceFile, type Span } from "../diagnostics.ts";
import { child, node, nodes, requiredToken, token, tokens } from "./cst.ts";
import { lowerBody } from "./lower-bodies.ts";
import { lowerDecision, ruleOfAllow } from "./lower-decisions.ts";
import { lowerExpression, lowerMembership } from "./lower-expressions.ts";
import { lowerRule } from "./lower-rules.ts";
import { spanOf } from "./span.ts";
import type * as tree from "./tree.ts";

export class Lowering {
  readonly diagnostics: Diagnostic[] = [];
  private readonly source: SourceFile;

  constructor(source: SourceFile) {
    this.source = source;
  }

  module(cst: CstNode, comments: readonly IToken[]): tree.Module {
    if (node(cst, "packageClause") === undefined) {
      const span = { file: this.source.path, start: 0, end: Math.min(1, this.source.text.length), line: 1, column: 1 };
      this.report("P104", "file has no package", span, "begin it with `package NAME`");
    }
    return this.part(cst, comments);
  }

  /** Statements with or without the package clause among them. */
  part(cst: CstNode, comments: readonly IToken[]): tree.Module {
    const packageClause = node(cst, "packageClause");
    const rules: tree.Rule[] = [];
    const decisions: tree.Decision[] = [];
    for (const rule of nodes(cst, "rule")) {
      const lowered = lowerRule(this, rule);
      if (lowered === undefined) continue;
      rules.push(lowered);
      for (const block of nodes(rule, "chained")) {
        if (lowered.else !== undefined) {
          this.report("P105", "`else` cannot follow several bodies", lowered.else.span, "write one rule for each body");
        }
        rules.push({ ...lowered, body: this.body(child(block, "body")), span: this.span(block) });
      }
    }
    for (const kind of ["allow", "deny", "mask", "limit", "label", "approve", "filter", "notify"] as const) {
      for (const statement of nodes(cst, kind)) {
        const decision = lowerDecision(this, kind, statement);
        decisions.push(decision);
        if (kind === "allow") rules.push(ruleOfAllow(decision, requiredToken(statement, "Identifier")));
      }
    }
    return {
      file: this.source.path,
      package: packageClause === undefined ? [] : this.path(child(packageClause, "path")),
      imports: nodes(cst, "importClause").map((clause) => ({
        path: this.path(child(clause, "path")),
        alias: token(clause, "Identifier")?.image,
        span: this.span(clause),
      })),
      rules,
      decisions: decisions.sort((a, b) => a.span.start - b.span.start),
      comments: comments.map((comment) => ({
        text: comment.image.slice(1),
        span: this.tokenSpan(comment),
      })),
      span:
        packageClause === undefined
          ? { file: this.source.path, start: 0, end: 0, line: 1, column: 1 }
          : this.span(packageClause),
    };
  }

  body(cst: CstNode): tree.Body {
    return lowerBody(this, cst);
  }

  expression(cst: CstNode): tree.Expr {
    return lowerExpression(this, cst);
  }

  /** An expression or `key, value in collection`. */
  membership(cst: CstNode): tree.Expr {
    return lowerMembership(this, cst);
  }

  path(cst: CstNode): string[] {
    return tokens(cst, "part").map((part) =>
      part.tokenType.name === "String" ? this.unescape(part.image, this.tokenSpan(part)) : part.image,
    );
  }

  name(identifier: IToken): tree.Name {
    return { text: identifier.image, span: this.tokenSpan(identifier) };
  }

  /** Strings have JSON's escapes. */
  unescape(quoted: string, span: Span): string {
    try {
      const value: unknown = JSON.parse(quoted.replaceAll("\t", "\\t"));
      if (typeof value === "string") return value;
    } catch {
      this.report(
        "P114",
        `string ${quoted} has an unknown escape`,
        span,
        "a regular expression is easier to write between backticks",
      );
    }
    return "";
  }

  tokenSpan(only: IToken): Span {
    return spanOf(this.source, only, only);
  }

  span(cst: CstNode): Span {
    const location = cst.location;
    return {
      file: this.source.path,
      start: location?.startOffset ?? 0,
      end: (location?.endOffset ?? location?.startOffset ?? 0) + 1,
      line: location?.startLine ?? 1,
      column: location?.startColumn ?? 1,
    };
  }

  report(code: Code, message: string, span: Span, advice?: string | Advice): void {
    this.diagnostics.push(diagnostic(code, message, span, advice));
  }
}
