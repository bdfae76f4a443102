/** Where the cursor is: in a comment, in a string, or at a word of a statement. */
import type { IToken } from "chevrotain";
import { lex } from "../../syntax/tokens.ts";
import type { Statement, StatementFile } from "../../syntax/statements.ts";

export interface Cursor {
  /** What is replaced. */
  readonly start: number;
  readonly end: number;
  readonly isString: boolean;
  /** For a string: whether it is closed behind the cursor. */
  readonly isClosed: boolean;
  /** The statement that the cursor is in, where it is in one; not when it begins one. */
  readonly statement: Statement | undefined;
  /** Tokens of that statement before `start` (before the quote of a string). */
  readonly before: readonly IToken[];
}

/** `undefined` where nothing can be completed: in comments and texts of several lines. */
export function cursorAt(file: StatementFile, offset: number): Cursor | undefined {
  const { text } = file.source;
  const isInComment = file.comments.some(
    ({ startOffset, endOffset = startOffset }) => startOffset < offset && offset <= endOffset + 1,
  );
  if (isInComment) return undefined;
  const line = text.lastIndexOf("\n", offset - 1) + 1;
  const quote = openQuote(text, line, offset, file);
  if (quote === "text") return undefined;
  if (quote !== undefined) {
    const close = closingQuote(text, offset);
    const end = close ?? offset + (/^[\w.-]*/.exec(text.slice(offset))?.[0].length ?? 0);
    return { start: quote + 1, end, isString: true, isClosed: close !== undefined, ...inStatement(file, quote) };
  }
  const start = offset - (/\w*$/.exec(text.slice(line, offset))?.[0].length ?? 0);
  const end = offset + (/^\w*/.exec(text.slice(offset))?.[0].length ?? 0);
  return { start, end, isString: false, isClosed: false, ...inStatement(file, start) };
}

/** A statement goes on until one begins in the first column. */
function inStatement(file: StatementFile, offset: number): Pick<Cursor, "statement" | "before"> {
  const { text } = file.source;
  const statement = file.statements.findLast(({ start }) => start < offset);
  const isFirstColumn = offset === 0 || text.charAt(offset - 1) === "\n";
  if (statement === undefined || isFirstColumn) return { statement: undefined, before: [] };
  const before = lex(text.slice(statement.start, offset)).tokens;
  return { statement, before };
}

/**
 * The quote that is open at `offset`, `undefined` outside of strings, "text" where it is in a string that holds no single value: between
 * backticks, or in the text of a template. An expression of a template is as any other.
 */
function openQuote(text: string, line: number, offset: number, file: StatementFile): number | "text" | undefined {
  const long = file.statements
    .flatMap(({ tokens }) => tokens)
    .find(
      ({ startOffset, endOffset = startOffset }) => startOffset < offset && offset <= endOffset && startOffset < line,
    );
  if (long !== undefined)
    return long.tokenType.name === "Template" ? inTemplate(text, long.startOffset, offset) : "text";
  let at = line;
  while (at < offset) {
    const char = text.charAt(at);
    if (char === "#") return "text";
    if (char === "$" && /["`]/.test(text.charAt(at + 1))) return inTemplateOfLine(text, at, offset);
    if (char === '"' || char === "`") {
      const close = char === '"' ? closingQuote(text, at + 1) : indexOf(text, "`", at + 1);
      if (close === undefined || close >= offset) return char === '"' ? at : "text";
      at = close;
    }
    at += 1;
  }
  return undefined;
}

function inTemplateOfLine(text: string, start: number, offset: number): number | "text" | undefined {
  const token = lex(text.slice(start)).tokens[0];
  const end = token?.tokenType.name === "Template" ? start + token.image.length : undefined;
  if (end !== undefined && end <= offset) {
    // Behind it: go on with the rest of the line.
    const rest = text.slice(end, offset);
    const quotes = rest.replaceAll(/\\./g, "").split('"').length - 1;
    return quotes % 2 === 1 ? end + rest.lastIndexOf('"') : undefined;
  }
  return inTemplate(text, start, offset);
}

/** Inside of braces there is an expression. */
function inTemplate(text: string, start: number, offset: number): "text" | undefined {
  const inside = text.slice(start + 2, offset).replaceAll(/\\./g, "");
  const depth = inside.split("{").length - inside.split("}").length;
  return depth > 0 ? undefined : "text";
}

/** The quote that closes a string in which `from` is, on the same line. */
function closingQuote(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\n" || char === "\r") return undefined;
    if (char === "\\") at += 1;
    else if (char === '"') return at;
  }
  return undefined;
}

function indexOf(text: string, part: string, from: number): number | undefined {
  const index = text.indexOf(part, from);
  return index < 0 ? undefined : index;
}
