/**
 * All syntax errors of a file that has any: statement by statement, so that none is the consequence of another.
 *
 * Of a statement the first that applies is said: what the lexer could not read, brackets that do not match, a beginning that no statement
 * has, what the parser did not expect. A condition that is wrong within a block is left out, and the rest of its statement is read again.
 */
import type { CstNode, IRecognitionException, IToken } from "chevrotain";
import type { Diagnostic, SourceFile } from "../diagnostics.ts";
import { hintFor, misshapen } from "./hints.ts";
import { spanOf } from "./span.ts";
import { isClosing, isOpening, lineOf, statementsOf } from "./split-statements.ts";
import * as t from "./tokens.ts";

/** What one reading of some tokens gave. */
export type Reading =
  | { readonly cst: CstNode; readonly error?: undefined }
  | { readonly cst?: undefined; readonly error: IRecognitionException };

/** Whether the tokens of a statement are known to have no mistake. */
export type IsReadable = (tokens: readonly IToken[]) => boolean;

/** Wrong conditions of one statement that are looked for. */
const repairsMax = 20;

/**
 * @param wrong what the lexer could not read
 * @param read parses tokens
 * @param check what a statement that can be read says wrongly all the same
 * @param isReadable of which statements nothing needs to be asked
 */
export function mistakesOf(
  source: SourceFile,
  tokens: readonly IToken[],
  wrong: readonly Diagnostic[],
  read: (tokens: readonly IToken[]) => Reading,
  check: (cst: CstNode) => readonly Diagnostic[],
  isReadable: IsReadable = () => false,
): readonly Diagnostic[] {
  const statements = statementsOf(tokens);
  const found: Diagnostic[] = [...wrong];
  for (const [index, statement] of statements.entries()) {
    const end = statements[index + 1]?.[0]?.startOffset ?? source.text.length;
    const start = index === 0 ? 0 : (statement[0]?.startOffset ?? 0);
    if (wrong.some(({ span }) => span.start >= start && span.start < end)) continue;
    if (isReadable(statement)) continue;
    const isLast = index === statements.length - 1;
    found.push(...mistakesOfStatement(source, statement, isLast, read, check));
  }
  return firstOfLines(found);
}

/** What else is wrong in a line is mostly a consequence. */
function firstOfLines(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<number>();
  return diagnostics
    .toSorted((a, b) => a.span.start - b.span.start)
    .filter(({ span }) => !seen.has(span.line) && seen.add(span.line));
}

function mistakesOfStatement(
  source: SourceFile,
  statement: readonly IToken[],
  isLast: boolean,
  read: (tokens: readonly IToken[]) => Reading,
  check: (cst: CstNode) => readonly Diagnostic[],
): readonly Diagnostic[] {
  const whole = read(statement);
  const checked = whole.cst === undefined ? undefined : check(whole.cst);
  if (checked?.length === 0) return [];
  const first = unmatched(source, statement) ?? misshapen(source, statement);
  if (first !== undefined) return [first];
  if (checked !== undefined) return checked;
  const found: Diagnostic[] = [];
  let tokens = statement;
  for (let repairs = 0; repairs < repairsMax; repairs += 1) {
    const { cst, error } = read(tokens);
    if (cst !== undefined) return [...found, ...check(cst)];
    const index = tokens.indexOf(error.token);
    found.push(unexpected(source, tokens, index, error, isLast));
    const rest = withoutCondition(tokens, index < 0 ? tokens.length : index);
    if (rest === undefined) return found;
    tokens = rest;
  }
  return found;
}

function unexpected(
  source: SourceFile,
  tokens: readonly IToken[],
  index: number,
  { message }: IRecognitionException,
  isLast: boolean,
): Diagnostic {
  const at = index < 0 ? tokens.length : index;
  const hint = hintFor(tokens, at, message);
  const token = tokens[index] ?? tokens.at(-1);
  const said = isLast ? message : message.replace("the end of the file", "the end of the statement");
  const span =
    token === undefined
      ? { file: source.path, start: 0, end: 0, line: 1, column: 1 }
      : spanOf(source, hint?.from ?? token, hint?.to ?? token);
  const help = hint?.help;
  return {
    code: "P101",
    severity: "error",
    message: hint?.message ?? said,
    span,
    ...(help === undefined ? {} : { help }),
  };
}

/** The first bracket that is closed by another one, by none, or that closes nothing. */
function unmatched(source: SourceFile, tokens: readonly IToken[]): Diagnostic | undefined {
  const pairs: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
  const open: IToken[] = [];
  const diagnostic = (token: IToken, message: string, help?: string): Diagnostic => {
    const span = spanOf(source, token, token);
    return { code: "P101", severity: "error", message, span, ...(help === undefined ? {} : { help }) };
  };
  for (const token of tokens) {
    if (isOpening(token)) open.push(token);
    if (!isClosing(token)) continue;
    const opening = open.pop();
    const expected = pairs[opening?.image ?? ""];
    if (expected === token.image) continue;
    const isAlone = ![...open, opening].some((one) => pairs[one?.image ?? ""] === token.image);
    if (opening === undefined || expected === undefined || (isAlone && lineOf(opening) < lineOf(token)))
      return diagnostic(token, `\`${token.image}\` closes nothing`);
    // Where the bracket around it fits, the inner one was forgotten.
    return pairs[open.at(-1)?.image ?? ""] === token.image
      ? diagnostic(
          opening,
          `\`${opening.image}\` is not closed`,
          `\`${expected}\` is missing before line ${lineOf(token)}, column ${token.startColumn ?? 1}`,
        )
      : diagnostic(
          token,
          `\`${token.image}\` does not close \`${opening.image}\` of line ${lineOf(opening)}`,
          `write \`${expected}\``,
        );
  }
  const opening = open.at(-1);
  return opening === undefined ? undefined : diagnostic(opening, `\`${opening.image}\` is not closed`);
}

/** The same with `true` in place of the condition of a block in which the error is, where that has a line of its own. */
function withoutCondition(tokens: readonly IToken[], index: number): readonly IToken[] | undefined {
  const beginsLine = index === tokens.length || lineOf(tokens[index]) > (tokens[index - 1]?.endLine ?? 0);
  const line = lineOf(tokens[beginsLine ? index - 1 : index]);
  const start = tokens.findIndex((token) => lineOf(token) === line);
  const end = tokens.findIndex((token, at) => at > start && lineOf(token) > line);
  const first = tokens[start];
  if (first === undefined || end < 0 || !isInBlock(tokens, start)) return undefined;
  let depth = 0;
  for (const token of tokens.slice(start, end)) {
    if (isOpening(token)) depth += 1;
    else if (isClosing(token)) depth -= 1;
    if (depth < 0) return undefined;
  }
  if (depth !== 0 || t.True.tokenTypeIdx === undefined) return undefined;
  const replacement = { ...first, image: "true", tokenType: t.True, tokenTypeIdx: t.True.tokenTypeIdx };
  if (tokens[start]?.image === "true" && end === start + 1) return undefined;
  return [...tokens.slice(0, start), replacement, ...tokens.slice(end)];
}

/** The innermost bracket that is open at a token is the brace of `if {` or `every … {`. */
function isInBlock(tokens: readonly IToken[], index: number): boolean {
  let depth = 0;
  for (let at = index - 1; at >= 0; at -= 1) {
    const token = tokens[at];
    if (token === undefined) return false;
    if (isClosing(token)) depth += 1;
    else if (isOpening(token) && depth > 0) depth -= 1;
    else if (isOpening(token)) {
      if (token.image !== "{") return false;
      const before = tokens.slice(0, at).filter((one) => lineOf(one) === lineOf(token));
      return before.at(-1)?.tokenType === t.If || before.some(({ tokenType }) => tokenType === t.Every);
    }
  }
  return false;
}
