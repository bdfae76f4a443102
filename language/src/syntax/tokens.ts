/**
 * Tokens of the policy language.
 *
 * Rego's syntax depends on white space in two places. A bracket or parenthesis that follows an operand directly continues it (`p[x]`,
 * `f(x)`); after white space it begins something new. So these have tokens of their own. Lines separate the literals of a body; the
 * parser looks at the tokens' lines for that, and white space itself is skipped.
 */
import {
  createToken,
  type CustomPatternMatcherReturn,
  type ILexingResult,
  type IToken,
  Lexer,
  type TokenType,
} from "chevrotain";
import { templateEnd } from "./template.ts";

/** Words that no variable or rule may be called; as a part of a reference (`input.in`) each is a name. */
const Keyword = createToken({ name: "Keyword", pattern: Lexer.NA });

export const Identifier = createToken({ name: "Identifier", label: "a name", pattern: /[A-Za-z_][A-Za-z0-9_]*/ });

function keyword(word: string): TokenType {
  const name = word.charAt(0).toUpperCase() + word.slice(1);
  return createToken({ name, label: `\`${word}\``, pattern: word, longer_alt: Identifier, categories: [Keyword] });
}

function symbol(name: string, text: string): TokenType {
  return createToken({ name, label: `\`${text}\``, pattern: text });
}

export const Package = keyword("package");
export const Import = keyword("import");
export const As = keyword("as");
export const Default = keyword("default");
export const Else = keyword("else");
export const If = keyword("if");
export const Contains = keyword("contains");
export const In = keyword("in");
export const Every = keyword("every");
export const Some = keyword("some");
export const Not = keyword("not");
export const With = keyword("with");
export const True = keyword("true");
export const False = keyword("false");
export const Null = keyword("null");

const WhiteSpace = createToken({
  name: "WhiteSpace",
  pattern: /[ \t\r\n\uFEFF]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const CommentToken = createToken({ name: "Comment", pattern: /#[^\r\n]*/, group: "comments" });

export const NumberToken = createToken({
  name: "Number",
  label: "a number",
  pattern: /(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/,
});
export const StringToken = createToken({ name: "String", label: "a string", pattern: /"(?:[^"\\\r\n]|\\.)*"/ });
export const RawString = createToken({
  name: "RawString",
  label: "a raw string",
  pattern: /`[^`]*`/,
  line_breaks: true,
});
/** The whole of `$"…{expression}…"`; `lower-templates.ts` parses the parts. */
export const Template = createToken({
  name: "Template",
  label: "a template string",
  pattern: (text: string, offset: number): CustomPatternMatcherReturn | null => {
    const end = templateEnd(text, offset);
    return end === undefined ? null : [text.slice(offset, end)];
  },
  line_breaks: true,
  start_chars_hint: ["$"],
});

export const Assign = symbol("Assign", ":=");
export const Equal = symbol("Equal", "==");
export const Unify = symbol("Unify", "=");
export const NotEqual = symbol("NotEqual", "!=");
export const LessEqual = symbol("LessEqual", "<=");
export const Less = symbol("Less", "<");
export const GreaterEqual = symbol("GreaterEqual", ">=");
export const Greater = symbol("Greater", ">");
export const Plus = symbol("Plus", "+");
export const Minus = symbol("Minus", "-");
export const Times = symbol("Times", "*");
export const Divide = symbol("Divide", "/");
export const Remainder = symbol("Remainder", "%");
export const And = symbol("And", "&");
export const Bar = symbol("Bar", "|");
export const Colon = symbol("Colon", ":");
export const Semicolon = symbol("Semicolon", ";");
export const Comma = symbol("Comma", ",");
export const Dot = symbol("Dot", ".");
export const LeftBrace = symbol("LeftBrace", "{");
export const RightBrace = symbol("RightBrace", "}");
export const LeftBracket = symbol("LeftBracket", "[");
export const RightBracket = symbol("RightBracket", "]");
export const LeftParen = symbol("LeftParen", "(");
export const RightParen = symbol("RightParen", ")");
export const IndexBracket = continuing("IndexBracket", "[");
export const CallParen = continuing("CallParen", "(");

/** A bracket directly after an operand. */
function continuing(name: string, text: string): TokenType {
  return createToken({
    name,
    label: `\`${text}\``,
    pattern: (source: string, offset: number, tokens: IToken[]): CustomPatternMatcherReturn | null => {
      const last = tokens[tokens.length - 1];
      const follows =
        source.charAt(offset) === text &&
        last !== undefined &&
        last.endOffset === offset - 1 &&
        isOperandEnd(last, tokens, text);
      return follows ? [text] : null;
    },
    line_breaks: false,
    start_chars_hint: [text],
  });
}

function isOperandEnd(last: IToken, tokens: readonly IToken[], text: string): boolean {
  switch (last.tokenType) {
    case Identifier:
    case RightBracket:
    case RightParen:
    case RightBrace:
    case StringToken:
    case RawString:
    case Template:
      return true;
    default:
      // `contains("a", "b")` is a call of the builtin; `input.in[x]`: a keyword after a dot is a name.
      return (
        (last.tokenType === Contains && text === "(") ||
        (last.tokenType.CATEGORIES?.includes(Keyword) === true && tokens[tokens.length - 2]?.tokenType === Dot)
      );
  }
}

/**
 * Lexes a text. Keywords that are parts of a reference (`input.in`, `if.x`) and the builtin `contains(…)` become names.
 */
export function lex(text: string): ILexingResult {
  const result = lexer.tokenize(text);
  const tokens = result.tokens;
  tokens.forEach((token, index) => {
    if (token.tokenType.CATEGORIES?.includes(Keyword) !== true) return;
    const previous = tokens[index - 1];
    const next = tokens[index + 1];
    const isName =
      previous?.tokenType === Dot ||
      (next?.tokenType === Dot && next.startOffset === (token.endOffset ?? 0) + 1) ||
      (token.tokenType === Contains && next?.tokenType === CallParen);
    if (isName && Identifier.tokenTypeIdx !== undefined) {
      token.tokenType = Identifier;
      token.tokenTypeIdx = Identifier.tokenTypeIdx;
    }
  });
  return result;
}

const keywords = [Package, Import, As, Default, Else, If, Contains, In, Every, Some, Not, With, True, False, Null];

/** Order matters: the first that matches wins. */
export const allTokens: TokenType[] = [
  WhiteSpace,
  CommentToken,
  Keyword,
  ...keywords,
  Identifier,
  NumberToken,
  StringToken,
  RawString,
  Template,
  Assign,
  Equal,
  NotEqual,
  LessEqual,
  GreaterEqual,
  Less,
  Greater,
  Unify,
  Plus,
  Minus,
  Times,
  Divide,
  Remainder,
  And,
  Bar,
  Colon,
  Semicolon,
  Comma,
  Dot,
  LeftBrace,
  RightBrace,
  IndexBracket,
  CallParen,
  LeftBracket,
  RightBracket,
  LeftParen,
  RightParen,
];

const lexer = new Lexer(allTokens, { positionTracking: "full", ensureOptimizations: false });
