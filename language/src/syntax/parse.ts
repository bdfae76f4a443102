/** Text to tree. All syntax errors of the text at once; no tree where there is one. */
import type { CstNode, ILexingError, IRecognitionException, IToken } from "chevrotain";
import { type Diagnostic, diagnostic, type SourceFile, type Span } from "../diagnostics.ts";
import { unlessTooLarge } from "../too-large.ts";
import { parser } from "./grammar.ts";
import { nestingMax, sourceCharsMax, syntaxErrorsMax } from "./limits.ts";
import { Lowering } from "./lower.ts";
import { type IsReadable, mistakesOf, type Reading } from "./mistakes.ts";
import { tooManyIn } from "./sizes.ts";
import { spanOf } from "./span.ts";
import { lex } from "./tokens.ts";
import type { Body, Module } from "./tree.ts";

export type Parsed<Tree> =
  | { readonly tree: Tree; readonly diagnostics: readonly Diagnostic[] }
  | { readonly tree?: undefined; readonly diagnostics: readonly Diagnostic[] };

/** @param isReadable statements that were read before and have no mistake: they are not looked at again */
export function parseModule(source: SourceFile, isReadable?: IsReadable): Parsed<Module> {
  return bounded(parse(source, "module", lowerModule, isReadable), (tree) => tree);
}

/** A file as it is written, for whoever writes it anew. */
export interface ConcreteModule {
  readonly tree: Module;
  readonly cst: CstNode;
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
}

export function parseConcreteModule(source: SourceFile): Parsed<ConcreteModule> {
  return bounded(
    parse(source, "module", (lowering, concrete) => ({ ...concrete, tree: lowerModule(lowering, concrete) })),
    ({ tree }) => tree,
  );
}

function bounded<Tree>(parsed: Parsed<Tree>, moduleOf: (tree: Tree) => Module): Parsed<Tree> {
  const diagnostics = parsed.tree === undefined ? [] : tooManyIn(moduleOf(parsed.tree));
  return diagnostics.length === 0 ? parsed : { diagnostics };
}

function lowerModule(lowering: Lowering, { cst, comments }: Concrete): Module {
  return lowering.module(cst, comments);
}

/** Literals without a module around them, as a query. */
export function parseBody(source: SourceFile): Parsed<Body> {
  return parse(source, "body", (lowering, { cst }) => lowering.body(cst));
}

type Concrete = Omit<ConcreteModule, "tree">;

type Lower<Tree> = (lowering: Lowering, concrete: Concrete) => Tree;

function parse<Tree>(
  source: SourceFile,
  entry: "module" | "body",
  lower: Lower<Tree>,
  isReadable?: IsReadable,
): Parsed<Tree> {
  return unlessTooLarge<Parsed<Tree>>(
    [source],
    () => parseText(source, entry, lower, isReadable),
    (refusal) => ({ diagnostics: [refusal] }),
  );
}

function parseText<Tree>(
  source: SourceFile,
  entry: "module" | "body",
  lower: Lower<Tree>,
  isReadable?: IsReadable,
): Parsed<Tree> {
  if (source.text.length > sourceCharsMax) {
    const message = `file is longer than ${sourceCharsMax} characters`;
    return { diagnostics: [diagnostic("P103", message, spanAt(source, 0, 0))] };
  }
  const lexed = lex(source.text);
  const diagnostics = lexed.errors.slice(0, syntaxErrorsMax).map((error) => lexerDiagnostic(source, error));
  const tooDeep = deepToken(lexed.tokens);
  if (tooDeep !== undefined) {
    const message = `brackets nest deeper than ${nestingMax}`;
    const span = spanAt(source, tooDeep.startOffset, tooDeep.startOffset + 1);
    return { diagnostics: [diagnostic("P103", message, span)] };
  }
  const tokens = lexed.tokens;
  const reading = diagnostics.length === 0 ? read(tokens, entry) : undefined;
  if (reading?.cst !== undefined) {
    const lowering = new Lowering(source);
    const tree = lower(lowering, { cst: reading.cst, tokens, comments: lexed.groups["comments"] ?? [] });
    if (lowering.diagnostics.length === 0) return { tree, diagnostics: [] };
    if (entry === "body") return { diagnostics: lowering.diagnostics };
  }
  const found =
    entry === "module"
      ? mistakesOf(
          source,
          tokens,
          diagnostics,
          (some) => read(some, entry),
          (cst) => checkPart(source, cst),
          isReadable,
        )
      : [];
  const hasPackage = tokens[0]?.tokenType.name === "Package";
  const missing = entry === "module" && !hasPackage ? checkEmpty(source) : [];
  const all = [...missing, ...found];
  if (all.length > 0) return { diagnostics: all.slice(0, syntaxErrorsMax) };
  // Statement by statement there is nothing to say: it is the whole that does not hold together.
  if (reading?.error !== undefined) return { diagnostics: [parserDiagnostic(source, reading.error)] };
  return { diagnostics };
}

function read(tokens: readonly IToken[], entry: "module" | "body"): Reading {
  parser.input = [...tokens];
  const cst = parser[entry]();
  const [error] = parser.errors;
  return error === undefined ? { cst } : { error };
}

/** What is wrong with a file that has no statement: that it has no package. */
function checkEmpty(source: SourceFile): readonly Diagnostic[] {
  const lowering = new Lowering(source);
  lowering.module({ name: "module", children: {} }, []);
  return lowering.diagnostics;
}

function checkPart(source: SourceFile, cst: CstNode): readonly Diagnostic[] {
  const lowering = new Lowering(source);
  lowering.part(cst, []);
  return lowering.diagnostics;
}

/** The first bracket that nests too deeply. */
export function deepToken(tokens: readonly IToken[]): IToken | undefined {
  let depth = 0;
  return tokens.find((token) => {
    if (/^[[({]$/.test(token.image)) depth += 1;
    else if (/^[\])}]$/.test(token.image)) depth -= 1;
    return depth > nestingMax;
  });
}

const helpForCharacter: Readonly<Record<string, string>> = {
  "'": "strings stand in double quotes",
  "!": "a condition is negated by `not`",
  "?": "a value that depends on a condition is a rule with `else`",
};

function lexerDiagnostic(source: SourceFile, error: ILexingError): Diagnostic {
  const char = source.text.charAt(error.offset);
  const [message, help] =
    char === '"' || char === "`" || char === "$"
      ? ["string without an end", "close it in the same line; a text of several lines goes between backticks"]
      : [`unexpected character \`${char}\``, helpForCharacter[char]];
  const span = spanAt(source, error.offset, error.offset + Math.max(1, error.length));
  return diagnostic("P102", message, span, help);
}

function parserDiagnostic(source: SourceFile, error: IRecognitionException): Diagnostic {
  const token = error.token;
  const atEnd = Number.isNaN(token.startOffset) || token.image === "";
  const end = source.text.trimEnd().length;
  const span = atEnd ? spanAt(source, Math.max(0, end - 1), end) : spanOf(source, token, token);
  return diagnostic("P101", error.message, span);
}

function spanAt(source: SourceFile, start: number, end: number): Span {
  const before = source.text.slice(0, start);
  const line = before.split("\n").length;
  return { file: source.path, start, end, line, column: start - before.lastIndexOf("\n") };
}
