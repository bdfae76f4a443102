/**
 * Concrete syntax tree to tree.ts, once: precedence of operators, comprehensions told from collections, heads of rules, strings
 * unescaped. Runs only on files without syntax errors, so every part that the grammar demands is there.
 */
import type { CstElement, CstNode, IToken } from "chevrotain";
import type { Code } from "../codes/codes.ts";
import { type Advice, type Diagnostic, diagnostic, type SourceFile, type Span } from "../diagnostics.ts";
import { parseNumber } from "../values.ts";
import { parser } from "./grammar.ts";
import { spanOf } from "./span.ts";
import { templateExpressionEnd } from "./template.ts";
import { lex } from "./tokens.ts";
import type * as tree from "./tree.ts";

/** Loosest first. */
export const precedence: Readonly<Record<tree.Operator, number>> = {
  ":=": 0,
  "=": 0,
  in: 1,
  "==": 2,
  "!=": 2,
  "<": 2,
  "<=": 2,
  ">": 2,
  ">=": 2,
  "|": 3,
  "&": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

const operatorNames: readonly tree.Operator[] = [
  ":=",
  "=",
  "in",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "|",
  "&",
  "+",
  "-",
  "*",
  "/",
  "%",
];

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
      const lowered = this.rule(rule);
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
        const decision = this.decision(kind, statement);
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
        span: spanOf(this.source, comment, comment),
      })),
      span:
        packageClause === undefined
          ? { file: this.source.path, start: 0, end: 0, line: 1, column: 1 }
          : this.span(packageClause),
    };
  }

  private decision(kind: tree.DecisionKind, cst: CstNode): tree.Decision {
    const span = this.span(cst);
    const body = this.ifBody(node(cst, "ifBody"));
    switch (kind) {
      case "allow":
        return { kind, body, span };
      case "filter":
        return this.filter(cst, body, span);
      case "approve":
        return {
          kind,
          groups: nodes(cst, "group").map((group) => this.expression(group)),
          duration: this.optional(node(cst, "duration")),
          because: this.because(cst),
          body,
          span,
        };
      case "notify":
        return { kind, channel: this.expression(child(cst, "channel")), because: this.because(cst), body, span };
      case "deny":
        return {
          kind,
          message: this.expression(child(cst, "message")),
          code: this.optional(node(cst, "codeValue")),
          body,
          span,
        };
      case "mask":
        return {
          kind,
          subject: this.subject(child(cst, "path")),
          mask: this.name(requiredToken(cst, "mask")),
          args: nodes(cst, "expression").map((argument) => this.expression(argument)),
          body,
          span,
        };
      case "limit":
        return {
          kind,
          what: this.name(requiredToken(cst, "what")),
          value: this.expression(child(cst, "expression")),
          body,
          span,
        };
      case "label":
        return {
          kind,
          subject: this.subject(child(cst, "path")),
          value: this.expression(child(cst, "expression")),
          body,
          span,
        };
    }
  }

  private filter(cst: CstNode, body: tree.Body, span: Span): tree.Decision {
    const path = child(cst, "path");
    const where = requiredToken(cst, "where");
    if (where.image !== "where") {
      const help = "write `filter schema.table as row where CONDITION if CONDITION`";
      this.report("P115", "expected `where`", spanOf(this.source, where, where), help);
    }
    const block = node(cst, "block");
    return {
      kind: "filter",
      table: { parts: this.path(path), span: this.span(path) },
      row: this.name(requiredToken(cst, "row")),
      rows: block === undefined ? [this.literal(child(cst, "literal"))] : this.body(child(block, "body")),
      body,
      span,
    };
  }

  private optional(cst: CstNode | undefined): tree.Expr | undefined {
    return cst === undefined ? undefined : this.expression(cst);
  }

  private because(cst: CstNode): tree.Expr | undefined {
    const because = node(cst, "because");
    return because === undefined ? undefined : this.expression(child(because, "expression"));
  }

  private subject(cst: CstNode): tree.Subject {
    const parts = this.path(cst);
    const only = parts.length === 1 ? parts[0] : undefined;
    return only === undefined
      ? { kind: "path", parts, span: this.span(cst) }
      : { kind: "each", name: { text: only, span: this.span(cst) } };
  }

  private rule(cst: CstNode): tree.Rule | undefined {
    const head = child(cst, "head");
    const span = this.span(cst);
    const primary = child(head, "primary");
    const name = token(primary, "Identifier");
    if (name === undefined) {
      this.report(
        "P105",
        "expected a rule",
        this.span(head),
        "a statement begins with the name of a rule or with allow, deny, mask, limit or label",
      );
      return undefined;
    }
    const path: tree.Expr[] = [];
    let args: readonly tree.Expr[] | undefined;
    for (const suffix of nodes(head, "suffix")) {
      if (args !== undefined) {
        this.report("P105", "nothing can follow the parameters of a function", this.span(suffix));
        return undefined;
      }
      const called = token(suffix, "CallParen") !== undefined;
      if (called) args = nodes(suffix, "argument").map((argument) => this.expression(argument));
      else path.push(this.pathStep(suffix));
    }
    const member = node(cst, "member");
    const value = node(cst, "value");
    const isDefault = token(cst, "Default") !== undefined;
    const ifBody = node(cst, "ifBody");
    const elses = nodes(cst, "elseClause");
    const last = path.at(-1);
    const isPartialObject = last !== undefined && last.kind !== "scalar";
    if (member === undefined && value === undefined && ifBody === undefined && !isPartialObject) {
      this.report(
        "P106",
        `rule \`${name.image}\` has neither value nor condition`,
        this.span(head),
        "write `if` and a condition, `:=` and a value, or `contains` and a member",
      );
    }
    let chain: tree.Else | undefined;
    for (const clause of elses.toReversed()) {
      const elseValue = node(clause, "expression");
      chain = {
        value: elseValue === undefined ? undefined : this.expression(elseValue),
        body: this.ifBody(node(clause, "ifBody")),
        else: chain,
        span: this.span(clause),
      };
    }
    return {
      name: this.name(name),
      path,
      args,
      member: member === undefined ? undefined : this.expression(member),
      value: value === undefined ? undefined : this.expression(value),
      isDefault,
      body: this.ifBody(ifBody),
      else: chain,
      span,
    };
  }

  private ifBody(cst: CstNode | undefined): tree.Body {
    if (cst === undefined) return [];
    const block = node(cst, "block");
    return block === undefined ? [this.literal(child(cst, "literal"))] : this.body(child(block, "body"));
  }

  body(cst: CstNode): tree.Body {
    const literals = nodes(cst, "literal");
    const semicolons = tokens(cst, "Semicolon").map((semicolon) => semicolon.startOffset);
    literals.forEach((literal, index) => {
      const previous = literals[index - 1]?.location;
      const here = literal.location;
      if (previous === undefined || here === undefined || previous.endLine !== here.startLine) return;
      const separated = semicolons.some((offset) => offset > (previous.endOffset ?? 0) && offset < here.startOffset);
      if (!separated) this.report("P107", "expected a new line or `;` before this condition", this.span(literal));
    });
    return literals.map((literal) => this.literal(literal));
  }

  private literal(cst: CstNode): tree.Literal {
    const span = this.span(cst);
    const withs = nodes(cst, "withClause").map((clause) => this.withClause(clause));
    const some = node(cst, "some");
    if (some !== undefined) return this.some(some, withs, span);
    const every = node(cst, "every");
    if (every !== undefined) {
      const [first, second] = tokens(every, "Identifier").map((identifier) => this.name(identifier));
      return {
        kind: "every",
        key: second === undefined ? undefined : first,
        value: required(second ?? first),
        domain: this.expression(child(every, "expression")),
        body: this.body(child(child(every, "block"), "body")),
        with: withs,
        span,
      };
    }
    const negated = token(cst, "Not") !== undefined;
    return { kind: "expr", negated, expr: this.membership(child(cst, "membership")), with: withs, span };
  }

  private some(cst: CstNode, withs: readonly tree.With[], span: Span): tree.Literal {
    const items = nodes(cst, "item").map((item) => this.expression(item));
    const domain = node(cst, "domain");
    if (domain !== undefined) {
      const [first, second, third] = items;
      if (third !== undefined) this.report("P108", "`some … in` takes a key and a value", third.span);
      return {
        kind: "some",
        key: second === undefined ? undefined : first,
        value: required(second ?? first),
        domain: this.expression(domain),
        with: withs,
        span,
      };
    }
    const names: tree.Name[] = [];
    for (const item of items) {
      if (item.kind === "var") names.push({ text: item.name, span: item.span });
      else this.report("P108", "`some` declares variables", item.span, "write `some x` or `some x in collection`");
    }
    return { kind: "declare", names, span };
  }

  private withClause(cst: CstNode): tree.With {
    return {
      target: this.path(child(cst, "path")),
      value: this.expression(child(cst, "expression")),
      span: this.span(child(cst, "path")),
    };
  }

  private membership(cst: CstNode): tree.Expr {
    const [first, second] = nodes(cst, "expression").map((expression) => this.expression(expression));
    const key = required(first);
    if (second === undefined) return key;
    if (second.kind !== "infix" || second.operator !== "in") {
      const comma = requiredToken(cst, "Comma");
      this.report(
        "P109",
        "expected `key, value in collection`",
        spanOf(this.source, comma, comma),
        "conditions are parted by lines, not by commas",
      );
      return key;
    }
    return { kind: "member", key, value: second.left, domain: second.right, span: this.span(cst) };
  }

  private expression(cst: CstNode): tree.Expr {
    const operands = nodes(cst, "unary").map((unary) => this.unary(unary));
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

  private unary(cst: CstNode): tree.Expr {
    const operand = this.reference(child(cst, "reference"));
    if (token(cst, "Minus") === undefined) return operand;
    const span = this.span(cst);
    if (operand.kind === "scalar" && (typeof operand.value === "number" || typeof operand.value === "bigint")) {
      return { kind: "scalar", value: operand.value === 0 ? 0 : -operand.value, span };
    }
    return { kind: "infix", operator: "-", left: { kind: "scalar", value: 0, span }, right: operand, span };
  }

  private reference(cst: CstNode): tree.Expr {
    let base = this.primary(child(cst, "primary"));
    let path: tree.Expr[] = [];
    let { end } = base.span;
    for (const suffix of nodes(cst, "suffix")) {
      ({ end } = this.span(suffix));
      if (token(suffix, "CallParen") === undefined) {
        // In Rego too nothing is within a number, a text or a word such as `true`.
        if (base.kind === "scalar")
          this.report("P101", `unexpected \`${firstToken(suffix).image}\``, this.span(suffix));
        path.push(this.pathStep(suffix));
        continue;
      }
      const span = { ...base.span, end };
      const callee = calleeOf(base, path);
      if (callee === undefined) {
        this.report("P110", "only a function can be called", span);
        return base;
      }
      const args = nodes(suffix, "argument").map((argument) => this.expression(argument));
      base =
        callee.length === 1 && callee[0]?.text === "set" && args.length === 0
          ? { kind: "set", items: [], span }
          : { kind: "call", callee, args, span };
      path = [];
    }
    return path.length === 0 ? base : { kind: "ref", base, path, span: { ...base.span, end } };
  }

  private pathStep(cst: CstNode): tree.Expr {
    const name = token(cst, "Identifier");
    if (name !== undefined) return { kind: "scalar", value: name.image, span: spanOf(this.source, name, name) };
    return this.expression(child(cst, "index"));
  }

  private primary(cst: CstNode): tree.Expr {
    const span = this.span(cst);
    const array = node(cst, "array");
    if (array !== undefined) return this.array(array);
    const braces = node(cst, "braces");
    if (braces !== undefined) return this.braces(braces);
    const parentheses = node(cst, "parentheses");
    if (parentheses !== undefined) return this.membership(child(parentheses, "membership"));
    const only = firstToken(cst);
    switch (only.tokenType.name) {
      case "Identifier":
        return { kind: "var", name: only.image, span };
      case "Number": {
        const value = parseNumber(only.image);
        if (value === undefined) this.report("P111", `number \`${only.image}\` is out of range`, span);
        return { kind: "scalar", value: value ?? 0, span };
      }
      case "String":
        return { kind: "scalar", value: this.unescape(only.image, span), span };
      case "RawString":
        return { kind: "scalar", value: only.image.slice(1, -1), span };
      case "Template":
        return this.template(only, span);
      default:
        return { kind: "scalar", value: only.image === "null" ? null : only.image === "true", span };
    }
  }

  private array(cst: CstNode): tree.Expr {
    const span = this.span(cst);
    const body = node(cst, "body");
    const items = [...nodes(cst, "head"), ...nodes(cst, "item")].map((item) => this.expression(item));
    if (body === undefined) return { kind: "array", items, span };
    return {
      kind: "comprehension",
      of: "array",
      key: undefined,
      value: required(items[0]),
      body: this.body(body),
      span,
    };
  }

  private braces(cst: CstNode): tree.Expr {
    const span = this.span(cst);
    const head = node(cst, "head");
    if (head === undefined) return { kind: "object", entries: [], span };
    const first = this.expression(head);
    const headValue = node(cst, "headValue");
    const firstValue = headValue === undefined ? undefined : this.expression(headValue);
    const body = node(cst, "body");
    if (body !== undefined) {
      return firstValue === undefined
        ? { kind: "comprehension", of: "set", key: undefined, value: first, body: this.body(body), span }
        : { kind: "comprehension", of: "object", key: first, value: firstValue, body: this.body(body), span };
    }
    const entries = nodes(cst, "entry").map((entry) => nodes(entry, "expression").map((part) => this.expression(part)));
    if (firstValue === undefined) {
      const wrong = entries.find((entry) => entry.length === 2);
      if (wrong !== undefined) this.report("P112", "a set has no `key: value`", required(wrong[0]).span);
      return { kind: "set", items: [first, ...entries.flat()], span };
    }
    const pairs: [tree.Expr, tree.Expr][] = [[first, firstValue]];
    for (const [key, value] of entries) {
      if (key !== undefined && value === undefined) this.report("P112", "an object needs `key: value`", key.span);
      if (key !== undefined && value !== undefined) pairs.push([key, value]);
    }
    return { kind: "object", entries: pairs, span };
  }

  /** `$"text {expression} text"`: each expression is lexed and parsed where it stands. */
  private template(only: IToken, span: Span): tree.Expr {
    const text = only.image;
    const raw = text.charAt(1) === "`";
    const parts: (string | tree.TemplateExpr)[] = [];
    let literal = "";
    const flush = (): void => {
      if (literal !== "") parts.push(raw ? literal : this.unescape(`"${literal}"`, span));
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
        const part = this.templateExpression(text.slice(at + 1, end - 1), only, at + 1);
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

  private templateExpression(text: string, template: IToken, at: number): tree.TemplateExpr | undefined {
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
    const span = spanOf(this.source, template, template);
    const error = parser.errors[0];
    if (lexed.errors.length > 0 || error !== undefined) {
      this.report(
        "P113",
        `template expression \`{${text}}\`: ${error?.message ?? "unexpected character"}`,
        span,
        "a brace that is text is written `\\{`",
      );
      return undefined;
    }
    return {
      expr: this.membership(child(cst, "membership")),
      with: nodes(cst, "withClause").map((clause) => this.withClause(clause)),
    };
  }

  private path(cst: CstNode): string[] {
    return tokens(cst, "part").map((part) =>
      part.tokenType.name === "String" ? this.unescape(part.image, spanOf(this.source, part, part)) : part.image,
    );
  }

  private name(identifier: IToken): tree.Name {
    return { text: identifier.image, span: spanOf(this.source, identifier, identifier) };
  }

  /** Strings have JSON's escapes. */
  private unescape(quoted: string, span: Span): string {
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

  private span(cst: CstNode): Span {
    const location = cst.location;
    return {
      file: this.source.path,
      start: location?.startOffset ?? 0,
      end: (location?.endOffset ?? location?.startOffset ?? 0) + 1,
      line: location?.startLine ?? 1,
      column: location?.startColumn ?? 1,
    };
  }

  private report(code: Code, message: string, span: Span, advice?: string | Advice): void {
    this.diagnostics.push(diagnostic(code, message, span, advice));
  }
}

/**
 * `allow if …` is also the Rego rule that it looks like, so that `data.shop.allow`, `default allow := false` and tests of such rules mean what they
 * mean in Rego.
 */
function ruleOfAllow(decision: tree.Decision, word: IToken): tree.Rule {
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

/** What the grammar demands and a file without syntax errors has. */
function required<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("grammar: a part is missing");
  return part;
}

export function operatorOf(image: string): tree.Operator {
  return required(operatorNames.find((operator) => operator === image));
}

function isNode(element: CstElement): element is CstNode {
  return "children" in element;
}

function nodes(cst: CstNode, name: string): CstNode[] {
  return (cst.children[name] ?? []).filter(isNode);
}

function node(cst: CstNode, name: string): CstNode | undefined {
  return nodes(cst, name)[0];
}

function child(cst: CstNode, name: string): CstNode {
  const found = node(cst, name);
  if (found === undefined) throw new Error(`grammar: \`${cst.name}\` has no \`${name}\``);
  return found;
}

function tokens(cst: CstNode, name: string): IToken[] {
  return (cst.children[name] ?? []).filter((element): element is IToken => !isNode(element));
}

function token(cst: CstNode, name: string): IToken | undefined {
  return tokens(cst, name)[0];
}

function requiredToken(cst: CstNode, name: string): IToken {
  const found = token(cst, name);
  if (found === undefined) throw new Error(`grammar: \`${cst.name}\` has no \`${name}\``);
  return found;
}

function firstToken(cst: CstNode): IToken {
  for (const elements of Object.values(cst.children)) {
    const found = elements.find((element): element is IToken => !isNode(element));
    if (found !== undefined) return found;
  }
  throw new Error(`grammar: \`${cst.name}\` has no token`);
}
