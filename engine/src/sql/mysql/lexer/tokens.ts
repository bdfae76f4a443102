/** The vocabulary of the grammar: Chevrotain token types, filled by our own lexer, so that none has a pattern. */
import { createToken, type IToken, Lexer, type TokenType } from "chevrotain";
import {
  aliasForbiddenWords,
  type FunctionWord,
  functionWords,
  type NonReservedWord,
  nonReservedWords,
  type ReservedWord,
  reservedWords,
  wordGroups,
  type WordGroup,
} from "./words.ts";

/** A token as the lexer makes it. `image` is its source text; offsets are UTF-16, `endOffset` is that of the last unit. */
export interface SqlToken extends IToken {
  readonly startOffset: number;
  readonly endOffset: number;
  /** What a literal or a name says, without quotes and escapes; `undefined` for all others. */
  readonly text: string | undefined;
}

const token = (name: string, categories: readonly TokenType[] = []): TokenType =>
  createToken({ name, pattern: Lexer.NA, categories: [...categories] });

/** Whatever may name a table, column, routine and so on: `ident` of the server's grammar. */
export const Identifier = token("Identifier");
/** What may be an alias without AS: `ident_table_alias` of the server's grammar. */
export const AliasIdentifier = token("AliasIdentifier");

export const PlainIdentifier = token("PlainIdentifier", [Identifier, AliasIdentifier]);
export const QuotedIdentifier = token("QuotedIdentifier", [Identifier, AliasIdentifier]);

export const StringLiteral = token("StringLiteral");
export const NationalString = token("NationalString");
export const Number = token("Number");
export const IntegerLiteral = token("IntegerLiteral", [Number]);
export const DecimalLiteral = token("DecimalLiteral", [Number]);
export const FloatLiteral = token("FloatLiteral", [Number]);
export const BinaryLiteral = token("BinaryLiteral");
export const HexLiteral = token("HexLiteral", [BinaryLiteral]);
export const BitLiteral = token("BitLiteral", [BinaryLiteral]);
/** `_utf8mb4` before a literal. */
export const Introducer = token("Introducer");
/** `@name`, `@'name'`, @`name`: a user variable, or the host of an account. */
export const AtName = token("AtName");
export const AtAt = token("AtAt");
export const Parameter = token("Parameter");

export const LeftParen = token("LeftParen");
export const RightParen = token("RightParen");
export const LeftBrace = token("LeftBrace");
export const RightBrace = token("RightBrace");
export const Comma = token("Comma");
export const Dot = token("Dot");
export const DotDot = token("DotDot");
export const Colon = token("Colon");
export const Semicolon = token("Semicolon");
export const Assign = token("Assign");
export const Exclamation = token("Exclamation");
export const Tilde = token("Tilde");
/** `->` and `->>`, MySQL only. */
export const Arrow = token("Arrow");
export const DoubleArrow = token("DoubleArrow");

/** `comp_op` of the server's grammar, with `<=>`. */
export const Comparison = token("Comparison");
export const Equal = token("Equal", [Comparison]);
export const OtherComparison = token("OtherComparison", [Comparison]);

/** Infix operators that are symbols and bind by the table of precedences alone. */
export const SymbolOperator = token("SymbolOperator");
export const Asterisk = token("Asterisk", [SymbolOperator]);
export const Plus = token("Plus", [SymbolOperator]);
export const Minus = token("Minus", [SymbolOperator]);
export const Slash = token("Slash", [SymbolOperator]);
export const Percent = token("Percent", [SymbolOperator]);
export const Caret = token("Caret", [SymbolOperator]);
export const Bar = token("Bar", [SymbolOperator]);
export const Ampersand = token("Ampersand", [SymbolOperator]);
export const Shift = token("Shift", [SymbolOperator]);
export const DoubleBar = token("DoubleBar", [SymbolOperator]);
export const DoubleAmpersand = token("DoubleAmpersand", [SymbolOperator]);

/** A character that is no token of the language: no rule takes it, so the parser reports its place. */
export const Unknown = token("Unknown");

/** Words that one rule takes as one thing: `words.ts` says which. */
export const group = Object.fromEntries(
  Object.keys(wordGroups).map((name) => [name, token(`${name.slice(0, 1).toUpperCase()}${name.slice(1)}`)]),
) as Readonly<Record<WordGroup, TokenType>>;

export type Word = ReservedWord | NonReservedWord | FunctionWord;

const groupsOf = (word: string): TokenType[] =>
  Object.entries(wordGroups).flatMap(([name, words]) =>
    (words as readonly string[]).includes(word) ? [group[name as WordGroup]] : [],
  );

/** Keywords by their upper-case text. */
export const k: Readonly<Record<Word, TokenType>> = Object.fromEntries([
  ...reservedWords.map((word) => [word, token(word, groupsOf(word))]),
  ...nonReservedWords.map((word) => [
    word,
    token(word, [Identifier, ...(aliasForbiddenWords.has(word) ? [] : [AliasIdentifier]), ...groupsOf(word)]),
  ]),
  // A function's name is this token only where a bracket follows, and an identifier elsewhere: see lexer.ts.
  ...functionWords.map((word) => [word, token(word, groupsOf(word))]),
]) as Record<Word, TokenType>;

export const allTokens: TokenType[] = [
  Identifier,
  AliasIdentifier,
  ...Object.values(group),
  PlainIdentifier,
  QuotedIdentifier,
  StringLiteral,
  NationalString,
  Number,
  IntegerLiteral,
  DecimalLiteral,
  FloatLiteral,
  BinaryLiteral,
  HexLiteral,
  BitLiteral,
  Introducer,
  AtName,
  AtAt,
  Parameter,
  LeftParen,
  RightParen,
  LeftBrace,
  RightBrace,
  Comma,
  Dot,
  DotDot,
  Colon,
  Semicolon,
  Assign,
  Exclamation,
  Tilde,
  Arrow,
  DoubleArrow,
  Comparison,
  Equal,
  OtherComparison,
  SymbolOperator,
  Asterisk,
  Plus,
  Minus,
  Slash,
  Percent,
  Caret,
  Bar,
  Ampersand,
  Shift,
  DoubleBar,
  DoubleAmpersand,
  Unknown,
  ...Object.values(k),
];
