/**
 * The one style of policy files, from the concrete syntax tree: the tree that the compiler reads has forgotten how numbers, strings and
 * parentheses were written.
 *
 * Every token is printed once, in its order and as it is written, with its comments; only commas and semicolons come and go with the lines.
 * Whether a collection of the source is spread over lines, and which of its items share a line, is the author's choice as long as it fits.
 */
import type { CstNode, IToken } from "chevrotain";
import {
  bracketed,
  type Element,
  firstToken,
  inOrder,
  isCollection,
  isNamed,
  isNode,
  isSimple,
  lastToken,
  split,
} from "./cst.ts";
import {
  breaksOf,
  type Doc,
  fill,
  group,
  hardLine,
  ifBroken,
  indent,
  isEmpty,
  isGroup,
  type Line,
  line,
  softLine,
  spacedBy,
  unwrapped,
} from "./doc.ts";
import { isAssignment, operandsOf } from "./operands.ts";
import { render } from "./render.ts";
import type { FileTrivia, LeadingComment } from "./trivia.ts";

const columnsMax = 120;

/** The text of a file without syntax errors. */
export function printModule(module: CstNode, trivia: FileTrivia): string {
  return new Printer(trivia).module(module);
}

/** A part of a list, and the comments of the separator after it. */
interface Item {
  readonly parts: readonly Element[];
  readonly comments: Doc;
}

class Printer {
  private readonly trivia: FileTrivia;
  /** Tokens whose leading comments are printed before what they begin, not within. */
  private readonly introduced = new Set<IToken>();

  constructor(trivia: FileTrivia) {
    this.trivia = trivia;
  }

  module(cst: CstNode): string {
    let text = "";
    let previous: { readonly name: string; readonly spansLines: boolean } | undefined;
    for (const { parts, comments } of this.conditions(inOrder(cst))) {
      const statement = parts[0];
      if (statement === undefined || !isNode(statement)) continue;
      const first = firstToken(statement);
      const { leading, blankBefore } = this.trivia.of(first);
      this.introduced.add(first);
      const printed = render([this.element(statement), comments], columnsMax);
      const spansLines = printed.includes("\n");
      if (previous !== undefined) {
        const isApart = blankBefore || leading.some(({ blankAfter }) => blankAfter);
        const endsPart = partsOfFile.has(previous.name) && previous.name !== statement.name;
        const mustBeApart = !isApart && (endsPart || spansLines || previous.spansLines);
        text += blankBefore || mustBeApart ? "\n\n" : "\n";
      }
      text += render(this.comments(leading), columnsMax) + printed;
      previous = { name: statement.name, spansLines };
    }
    const end = render(this.comments(this.trivia.end), columnsMax).trimEnd();
    if (end === "") return `${text}\n`;
    return `${text}${this.trivia.blankBeforeEnd ? "\n\n" : "\n"}${end}\n`;
  }

  private element(element: Element): Doc {
    if (!isNode(element)) return this.token(element);
    const parts = inOrder(element);
    switch (element.name) {
      case "unary":
      case "reference":
      case "path":
        return parts.map((part) => this.element(part));
      case "suffix":
        return isNamed(parts[0], "CallParen") ? this.call("", parts) : parts.map((part) => this.element(part));
      case "parentheses":
        return this.call("", parts);
      case "array":
      case "braces":
        return parts.some((part) => isNamed(part, "Bar")) ? this.comprehension(parts) : this.collection(parts);
      case "block":
        return this.block(parts);
      case "expression":
        return this.expression(parts);
      case "literal":
        return this.literal(parts);
      case "rule":
        return this.rule(parts);
      case "deny":
      case "approve":
      case "filter":
      case "notify":
        return this.decision(element, parts);
      case "mask": {
        const [head, rest] = split(parts, (part) => !isNode(part) && part.image === "(");
        const [args, condition] = split(rest, (part) => isNamed(part, "ifBody"));
        return [this.call(this.sentence(head), args), condition.map((part) => [" ", this.element(part)])];
      }
      default:
        return this.sentence(parts);
    }
  }

  private token(token: IToken): Doc {
    const { leading, trailing } = this.trivia.of(token);
    const before = this.introduced.has(token) ? [] : leading;
    if (before.length === 0 && trailing === undefined) return token.image;
    return [this.comments(before), token.image, this.trailing(token)];
  }

  // Comments.

  private comments(leading: readonly LeadingComment[]): Doc {
    return leading.map(({ text, blankAfter }) => [
      { kind: "comment", text, ownLine: true },
      spacedBy(hardLine, blankAfter),
    ]);
  }

  private trailing(token: IToken): Doc {
    const { trailing } = this.trivia.of(token);
    return trailing === undefined ? "" : { kind: "comment", text: trailing, ownLine: false };
  }

  /** The comments of a separator, which is printed anew. */
  private dropped(token: IToken): Doc {
    const { leading } = this.trivia.of(token);
    return [leading.map(({ text }) => ({ kind: "comment", text, ownLine: true }) as const), this.trailing(token)];
  }

  /** The comments before a closing bracket stand with what it closes. */
  private beforeClosing(token: IToken): Doc {
    const { leading, blankBefore } = this.trivia.of(token);
    this.introduced.add(token);
    return leading.map(({ text }, index) => [
      spacedBy(hardLine, index === 0 ? blankBefore : leading[index - 1]?.blankAfter === true),
      { kind: "comment", text, ownLine: true },
    ]);
  }

  private isCommentBetween(before: Element, after: Element): boolean {
    const first = firstToken(after);
    const isLeading = this.trivia.of(first).leading.length > 0 && !this.introduced.has(first);
    return isLeading || this.trivia.of(lastToken(before)).trailing !== undefined;
  }

  // Sequences.

  /** Words one after the other. A comment among them ends its line, and what follows it is indented. */
  private sentence(parts: readonly Element[]): Doc {
    return parts.map((part, index) => {
      const previous = parts[index - 1];
      if (previous === undefined) return this.element(part);
      if (this.isCommentBetween(previous, part)) return indent([hardLine, this.element(part)]);
      return isNamed(part, "Comma") || isNamed(part, "Colon") ? this.element(part) : [" ", this.element(part)];
    });
  }

  /** Parts apart by commas. */
  private list(parts: readonly Element[]): readonly Item[] {
    const items: { parts: Element[]; comments: Doc[] }[] = [];
    let isOpen = false;
    for (const part of parts) {
      const last = items.at(-1);
      if (!isNode(part) && isNamed(part, "Comma")) {
        last?.comments.push(this.dropped(part));
        isOpen = false;
      } else if (last !== undefined && isOpen) last.parts.push(part);
      else {
        items.push({ parts: [part], comments: [] });
        isOpen = true;
      }
    }
    return items;
  }

  /** Parts apart by lines or semicolons. */
  private conditions(parts: readonly Element[]): readonly Item[] {
    const items: { parts: Element[]; comments: Doc[] }[] = [];
    for (const part of parts) {
      if (isNode(part)) items.push({ parts: [part], comments: [] });
      else items.at(-1)?.comments.push(this.dropped(part));
    }
    return items;
  }

  private item({ parts }: Item): Doc {
    const first = firstOf(parts);
    const { leading } = this.trivia.of(first);
    this.introduced.add(first);
    return [this.comments(leading), this.sentence(parts)];
  }

  // Statements.

  /** Where it is too long, each clause has a line of its own, and so has its `if`. */
  private decision(cst: CstNode, parts: readonly Element[]): Doc {
    const { code = [], for: duration = [], because = [], where = [] } = cst.children;
    const starts = new Set([...code, ...duration, ...because, ...where]);
    const hasBlock = parts.some((part) => isNamed(part, "block"));
    if (starts.size === 0 || hasBlock) return this.sentence(parts);
    const [words, condition] = split(parts, (part) => isNamed(part, "ifBody"));
    const clauses: Element[][] = [[]];
    for (const part of words) {
      if (starts.has(part)) clauses.push([]);
      clauses.at(-1)?.push(part);
    }
    const [head = "", ...rest] = clauses.map((clause) => this.sentence(clause));
    const lines = [head, indent(rest.map((clause) => [line, clause])), condition.length > 0 ? line : ""];
    return [group(lines), condition.map((part) => this.element(part))];
  }

  private rule(parts: readonly Element[]): Doc {
    const [head, elses] = split(parts, (part) => isNamed(part, "elseClause"));
    const items = [this.sentence(head)];
    const lines: Line[] = [];
    for (const [index, clause] of elses.entries()) {
      const previous = elses[index - 1] ?? head.at(-1);
      const last = items.pop() ?? "";
      const isAfterComment = previous !== undefined && this.isCommentBetween(previous, clause);
      if (isAfterComment) items.push([last, hardLine, this.element(clause)]);
      else if (previous !== undefined && lastToken(previous).image === "}")
        items.push([last, " ", this.element(clause)]);
      else {
        items.push(last, this.element(clause));
        lines.push(line);
      }
    }
    return fill(items, lines, false);
  }

  private block(parts: readonly Element[]): Doc {
    const { open, inner, close } = bracketed(parts);
    return [
      this.token(open),
      indent([hardLine, this.body(inner, hardLine), this.beforeClosing(close)]),
      hardLine,
      this.token(close),
    ];
  }

  private body(parts: readonly Element[], separator: Line): Doc {
    const literals = this.conditions(parts.flatMap((part) => (isNode(part) ? inOrder(part) : [])));
    return literals.map((literal, index) => {
      const next = literals[index + 1];
      const doc = this.item(literal);
      if (next === undefined) return [doc, literal.comments];
      const first = firstOf(next.parts);
      // A line that begins with a minus goes on with the condition before it.
      const semicolon = isNamed(first, "Minus") ? ";" : separator === hardLine ? "" : ifBroken("", ";");
      return [doc, semicolon, literal.comments, spacedBy(separator, this.trivia.of(first).blankBefore)];
    });
  }

  private literal(parts: readonly Element[]): Doc {
    const [words, withs] = split(parts, (part) => isNamed(part, "withClause"));
    const [first, second] = withs.map((clause) => this.element(clause));
    if (first === undefined) return this.sentence(words);
    if (second === undefined) return fill([this.sentence(words), first], [line], true);
    return group([this.sentence(words), withs.map((clause) => indent([line, this.element(clause)]))]);
  }

  // Expressions.

  /** Lines break after operators, the loosest ones first. */
  private expression(parts: readonly Element[]): Doc {
    const [first = [], ...rest] = operandsOf(parts);
    const [only] = first;
    if (only === undefined) return "";
    if (rest.length === 0) return this.element(only);
    const items = [this.expression(first)];
    const lines: Line[] = [];
    for (const [operator, ...operand] of rest) {
      const [start] = operand;
      if (operator === undefined || start === undefined) continue;
      const before = [items.pop() ?? "", " ", this.element(operator)];
      const after = this.expression(operand);
      const opens = rest.length === 1 && operand.length === 1 && isCollection(start);
      if (this.isCommentBetween(operator, start)) items.push([before, indent([hardLine, after])]);
      else if (isAssignment(operator) || opens) items.push([before, " ", after]);
      else {
        items.push(before, after);
        lines.push(line);
      }
    }
    return fill(items, lines, true);
  }

  /** `f(a, b)`, also `(a)`. */
  private call(head: Doc, parts: readonly Element[]): Doc {
    const { open, inner, close } = bracketed(parts);
    const args = this.list(inner);
    const docs = args.map((arg) => this.item(arg));
    const comments = this.beforeClosing(close);
    const opening = [head, this.token(open)];
    const end = this.token(close);
    if (args.length === 0) return isEmpty(comments) ? [opening, end] : [opening, indent(comments), hardLine, end];
    const separated = docs.map((doc, index) => [
      doc,
      index < docs.length - 1 ? "," : "",
      args[index]?.comments ?? "",
      index < docs.length - 1 ? line : "",
    ]);
    const expanded = [opening, indent([softLine, separated, comments]), softLine, end];
    const last = unwrapped(docs.at(-1) ?? "");
    const isOnly = args.filter((arg) => arg.parts.some(isCollection)).length === 1;
    if (!isGroup(last) || !isOnly || !isCollection(args.at(-1)?.parts[0]) || breaksOf(comments).inside) {
      return group(expanded);
    }
    const others = [opening, docs.slice(0, -1).map((doc, index) => [doc, ",", args[index]?.comments ?? "", " "])];
    return { kind: "call", others, last, end: [args.at(-1)?.comments ?? "", end], expanded };
  }

  private collection(parts: readonly Element[]): Doc {
    const { open, inner, close } = bracketed(parts);
    const items = this.list(inner);
    const comments = this.beforeClosing(close);
    const [first] = items;
    if (first === undefined) {
      if (isEmpty(comments)) return [this.token(open), this.token(close)];
      return [this.token(open), indent(comments), hardLine, this.token(close)];
    }
    const isSpread = this.trivia.of(firstOf(first.parts)).beginsLine;
    const isShort = items.every(({ parts: item }) => item.every(isSimple));
    const lines = items.slice(1).map((item): Line => {
      const { beginsLine, blankBefore } = this.trivia.of(firstOf(item.parts));
      return spacedBy(isSpread && beginsLine ? hardLine : line, isSpread && blankBefore);
    });
    const docs = items.map((item, index) =>
      index < lines.length ? [this.item(item), ",", item.comments] : this.item(item),
    );
    const filled = isSpread || isShort ? fill(docs, lines, false) : docs.map((doc, index) => [doc, lines[index] ?? ""]);
    const contents = [softLine, filled, ifBroken(",", ""), items.at(-1)?.comments ?? "", comments];
    return group([this.token(open), indent(contents), softLine, this.token(close)], isSpread);
  }

  private comprehension(parts: readonly Element[]): Doc {
    const { open, inner, close } = bracketed(parts);
    const [head, body] = split(inner, (part) => isNamed(part, "body"));
    const isSpread = body[0] !== undefined && this.trivia.of(firstToken(body[0])).beginsLine;
    return group(
      [
        this.token(open),
        this.sentence(head),
        indent([line, this.body(body, line), this.beforeClosing(close)]),
        softLine,
        this.token(close),
      ],
      isSpread,
    );
  }
}

/** Statements that come first in a file, each kind with an empty line after it. */
const partsOfFile: ReadonlySet<string> = new Set(["packageClause", "importClause"]);

function firstOf(parts: readonly Element[]): IToken {
  const [part] = parts;
  if (part === undefined) throw new Error("format: a list has an empty item");
  return firstToken(part);
}
