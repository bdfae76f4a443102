/**
 * A file statement by statement, for editors: what is half written spoils only its own statement, and what did not change is not
 * parsed again.
 *
 * A statement begins with a name or keyword in the first column. Where that reading fails, the file is parsed as a whole, which alone
 * decides what a mistake is.
 */
import type { IToken } from "chevrotain";
import type { Diagnostic, SourceFile } from "../diagnostics.ts";
import { decisionWords, parser } from "./grammar.ts";
import { Lowering } from "./lower.ts";
import { sourceCharsMax, statementsMax } from "./limits.ts";
import { deepToken, type Parsed, parseModule } from "./parse.ts";
import { tooManyIn } from "./sizes.ts";
import { spanOf } from "./span.ts";
import * as t from "./tokens.ts";
import type { Expr, Module, Rule } from "./tree.ts";

export interface Statement {
  /** Offset of its first token. */
  readonly start: number;
  readonly line: number;
  /** From its first token to its last. */
  readonly text: string;
  readonly tokens: readonly IToken[];
  /** What it says; absent where it has a syntax error. */
  readonly part: Module | undefined;
}

export interface StatementFile {
  readonly source: SourceFile;
  readonly statements: readonly Statement[];
  readonly comments: readonly IToken[];
  /**
   * What can be read of the file, with rules without conditions for those that cannot. Once `diagnostics` have been asked for, the
   * whole of it where there are none.
   */
  readonly module: Module;
  /** Syntax errors, as `parseModule` reports them: found when they are first asked for. */
  readonly diagnostics: readonly Diagnostic[];
}

/** @param previous an earlier state of the same file, whose statements are used again where they are the same */
export function parseStatements(source: SourceFile, previous?: StatementFile): StatementFile {
  const lexed = t.lex(source.text);
  const comments = lexed.groups["comments"] ?? [];
  const known = new Map(previous?.statements.map((statement) => [statement.text, statement]));
  const wrong = lexed.errors.map(({ line }) => line ?? 1);
  const statements = merged(
    source,
    split(lexed.tokens).map((tokens) => {
      const [start, end] = extent(tokens);
      const text = source.text.slice(start, end);
      const line = tokens[0]?.startLine ?? 1;
      const same = known.get(text);
      const last = tokens.at(-1)?.endLine ?? line;
      const isWrong = wrong.some((at) => at >= line && at <= last);
      const part = isWrong
        ? undefined
        : same?.part === undefined
          ? parsePart(source, tokens)
          : moved(same.part, start - same.start, line - same.line, source.path);
      return { start, line, text, tokens, part };
    }),
  );
  const isWhole =
    lexed.errors.length === 0 &&
    statements.length > 0 &&
    statements.length <= statementsMax &&
    source.text.length <= sourceCharsMax &&
    statements.every(({ part }, index) => part !== undefined && (index === 0) === hasPackage(part));
  const module = together(source, statements, comments);
  if (isWhole) return { source, statements, comments, module, diagnostics: [] };
  let whole: Parsed<Module> | undefined;
  const readable = new Set(statements.flatMap(({ part, tokens }) => (part === undefined ? [] : [placeOf(tokens)])));
  const file = {
    source,
    statements,
    comments,
    get module(): Module {
      return whole?.tree ?? module;
    },
    get diagnostics(): readonly Diagnostic[] {
      return (whole ??= parseModule(source, (tokens) => readable.has(placeOf(tokens)))).diagnostics;
    },
  };
  // On first sight, and where much is missing that was there, it may be that the file cannot be read by statements.
  if (previous === undefined || previous.module.rules.length > module.rules.length * 2) void file.diagnostics;
  return file;
}

/** Statements that one unindented block is put together from at most. */
const mergedMax = 100;

function hasPackage({ package: name }: Module): boolean {
  return name.length > 0;
}

function extent(tokens: readonly IToken[]): readonly [start: number, end: number] {
  const last = tokens.at(-1);
  return [tokens[0]?.startOffset ?? 0, (last?.endOffset ?? last?.startOffset ?? -1) + 1];
}

/** Of a statement in its file, to find it again in another reading of the same text. */
function placeOf(tokens: readonly IToken[]): string {
  return extent(tokens).join("-");
}

function split(tokens: readonly IToken[]): IToken[][] {
  const statements: IToken[][] = [];
  for (const token of tokens) {
    const current = statements.at(-1);
    if (current === undefined || isStart(token)) statements.push([token]);
    else current.push(token);
  }
  return statements;
}

const starts: ReadonlySet<unknown> = new Set([t.Identifier, t.Package, t.Import, t.Default]);

function isStart(token: IToken): boolean {
  return token.startColumn === 1 && starts.has(token.tokenType);
}

/** Blocks whose lines are not indented: what does not parse alone and leaves a bracket open goes on in the next statement. */
function merged(source: SourceFile, statements: readonly Statement[]): Statement[] {
  const result: Statement[] = [];
  for (let index = 0; index < statements.length; index += 1) {
    const first = statements[index];
    if (first === undefined) break;
    const last = first.part === undefined ? closedAt(statements, index) : index;
    const tokens = statements.slice(index, last + 1).flatMap((statement) => statement.tokens);
    const part = last === index ? first.part : parsePart(source, tokens);
    if (last === index || part === undefined) {
      result.push(first);
      continue;
    }
    const [start, end] = extent(tokens);
    result.push({ start, line: first.line, text: source.text.slice(start, end), tokens, part });
    index = last;
  }
  return result;
}

/** The statement in which the brackets that the one at `index` opens are closed; itself where they are not. */
function closedAt(statements: readonly Statement[], index: number): number {
  let depth = 0;
  for (let at = index; at < Math.min(statements.length, index + mergedMax); at += 1) {
    for (const { image } of statements[at]?.tokens ?? []) {
      if (/^[[({]$/.test(image)) depth += 1;
      else if (/^[\])}]$/.test(image)) depth -= 1;
    }
    if (depth <= 0) return depth === 0 ? at : index;
  }
  return index;
}

/** What one statement says, or several; `undefined` where there is a syntax error. */
export function parseStatement(source: SourceFile): Module | undefined {
  const { tokens, errors } = t.lex(source.text);
  return errors.length > 0 ? undefined : parsePart(source, tokens);
}

function parsePart(source: SourceFile, tokens: readonly IToken[]): Module | undefined {
  if (deepToken(tokens) !== undefined) return undefined;
  parser.input = [...tokens];
  const cst = parser.module();
  if (parser.errors.length > 0) return undefined;
  const lowering = new Lowering(source);
  const part = lowering.part(cst, []);
  return lowering.diagnostics.length > 0 || tooManyIn(part).length > 0 ? undefined : part;
}

/** The same at another place. A key moves half of a file: objects are copied as they are, which keeps their shapes. */
function moved<Tree>(tree: Tree, by: number, lines: number, file: string): Tree {
  if (by === 0 && lines === 0) return tree;
  const move = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(move);
    if ("line" in value && "column" in value && "start" in value && "end" in value) {
      const { start, end, line, column } = value as Module["span"];
      return { file, start: start + by, end: end + by, line: line + lines, column };
    }
    const copy = { ...value } as Record<string, unknown>;
    for (const name in copy) {
      const part = copy[name];
      if (typeof part === "object") copy[name] = move(part);
    }
    return copy;
  };
  return move(tree) as Tree;
}

function together(source: SourceFile, statements: readonly Statement[], comments: readonly IToken[]): Module {
  const parts = statements.map((statement) => statement.part ?? partOfHead(source, statement));
  const named = parts.find(hasPackage);
  return {
    file: source.path,
    package: named?.package ?? [],
    imports: parts.flatMap(({ imports }) => imports),
    rules: parts.flatMap(({ rules }) => rules),
    decisions: parts.flatMap(({ decisions }) => decisions),
    comments: comments.map((comment) => ({ text: comment.image.slice(1), span: spanOf(source, comment, comment) })),
    span: named?.span ?? { file: source.path, start: 0, end: 0, line: 1, column: 1 },
  };
}

/** A rule of the name with which a statement begins that does not parse, so that its uses are no mistakes. */
function partOfHead(source: SourceFile, statement: Statement): Module {
  const rule = headRule(source, statement.tokens);
  const span = { file: source.path, start: 0, end: 0, line: 1, column: 1 };
  const rules = rule === undefined ? [] : [rule];
  return { file: source.path, package: [], imports: [], rules, decisions: [], comments: [], span };
}

function headRule(source: SourceFile, tokens: readonly IToken[]): Rule | undefined {
  const [name, ...rest] = tokens[0]?.tokenType === t.Default ? tokens.slice(1) : tokens;
  const last = tokens.at(-1);
  if (name === undefined || last === undefined || name.tokenType !== t.Identifier) return undefined;
  const path: Expr[] = [];
  let at = 0;
  for (; rest[at]?.tokenType === t.Dot && rest[at + 1]?.tokenType === t.Identifier; at += 2) {
    const step = rest[at + 1];
    if (step !== undefined) path.push({ kind: "scalar", value: step.image, span: spanOf(source, step, step) });
  }
  const next = rest[at]?.tokenType;
  const isStatement = path.length === 0 && decisionWords.includes(name.image) && !headEnds.has(next);
  if (isStatement) return undefined;
  const span = spanOf(source, name, last);
  return {
    name: { text: name.image, span: spanOf(source, name, name) },
    path,
    args: next === t.CallParen ? parameters(source, rest.slice(at + 1)) : undefined,
    member: next === t.Contains ? { kind: "scalar", value: null, span } : undefined,
    value: undefined,
    isDefault: false,
    body: [],
    else: undefined,
    span,
  };
}

/** What follows the name of a rule, and not a decision word. */
const headEnds: ReadonlySet<unknown> = new Set([t.Contains, t.Assign, t.Unify, t.CallParen, t.IndexBracket, t.If]);

/** As many as there are up to the closing parenthesis, each a `_`. */
function parameters(source: SourceFile, tokens: readonly IToken[]): Expr[] {
  const args: Expr[] = [];
  let depth = 0;
  for (const token of tokens) {
    const isClosing = token.image === ")" || token.image === "]" || token.image === "}";
    if (isClosing && depth === 0) break;
    if (args.length === 0 || (depth === 0 && token.tokenType === t.Comma))
      args.push({ kind: "var", name: "_", span: spanOf(source, token, token) });
    if (isClosing) depth -= 1;
    else if (/^[[({]$/.test(token.image)) depth += 1;
  }
  return args;
}
