/** What people write who know other languages, or half of this one; and how it is written here. */
import type { IToken } from "chevrotain";
import { type Advice, type Diagnostic, diagnostic, type SourceFile } from "../diagnostics.ts";
import { suggest } from "../suggest.ts";
import { spanOf } from "./span.ts";
import * as t from "./tokens.ts";

export interface Hint {
  /** Instead of what the parser says. */
  readonly message?: string;
  readonly help?: string;
  /** The mistake is from here to there, and not the token that was not expected. */
  readonly from?: IToken;
  readonly to?: IToken;
}

/** How each decision is written. */
const forms: Readonly<Record<string, string>> = {
  allow: "allow if CONDITION",
  deny: "deny MESSAGE [code CODE] [if CONDITION]",
  approve: "approve by GROUP [for DURATION] [because MESSAGE] [if CONDITION]",
  mask: "mask COLUMN with MASK(…) [if CONDITION]",
  filter: "filter TABLE as ROW where CONDITION [if CONDITION]",
  limit: "limit rows|bytes|duration AMOUNT [if CONDITION]",
  notify: "notify CHANNEL [because MESSAGE] [if CONDITION]",
  label: "label COLUMN as LABEL [if CONDITION]",
};

/** Where two tokens that touch are an operator of other languages. */
const foreign: Readonly<Record<string, readonly [name: string, help: string]>> = {
  "&&": ["`&&` is no operator", "conditions that must all hold stand in lines of their own"],
  "||": ["`||` is no operator", "alternatives are rules of the same name"],
  "//": ["`//` begins no comment", "a comment begins with `#`"],
  "++": ["`++` is no operator", "variables do not change; `concat` joins texts, `array.concat` arrays"],
  "+=": ["`+=` is no operator", "variables do not change: give the sum a name of its own with `:=`"],
};

/** @param index of the token that was not expected; the number of tokens for the end */
export function hintFor(tokens: readonly IToken[], index: number, message: string): Hint | undefined {
  const token = tokens[index];
  const previous = tokens[index - 1];
  const next = tokens[index + 1];
  for (const [first, second] of [
    [previous, token],
    [token, next],
  ]) {
    if (first === undefined || second === undefined || (first.endOffset ?? 0) + 1 !== second.startOffset) continue;
    const known = foreign[first.image + second.image];
    if (known !== undefined) return { message: known[0], help: known[1], from: first, to: second };
  }
  if (token?.tokenType === t.Comma && previous?.tokenType === t.Comma) return { help: "one comma is enough" };
  const closing = /^expected `([)\]}])`, found/.exec(message)?.[1];
  if (closing !== undefined && token !== undefined && operandStarts.has(token.tokenType)) {
    return { message: `expected \`,\` or \`${closing}\`, found \`${token.image}\`` };
  }
  const condition = tokens.findIndex(({ tokenType }) => tokenType === t.If);
  const isHead = condition < 0 || index <= condition;
  if (isHead && token?.tokenType === t.Equal) return { help: "`:=` gives a rule its value" };
  const word = tokens[0]?.image ?? "";
  const form = isHead && Object.hasOwn(forms, word) ? { help: `it is written \`${forms[word]}\`` } : undefined;
  const isBroken = previous !== undefined && (token === undefined || (token.startLine ?? 0) > (previous.endLine ?? 0));
  if (isBroken && message.startsWith("expected an expression")) {
    return { message: `expected an expression after \`${previous.image}\``, from: previous, to: previous, ...form };
  }
  return form;
}

/** A statement that begins like none. */
export function misshapen(source: SourceFile, tokens: readonly IToken[]): Diagnostic | undefined {
  const [word, next] = tokens;
  if (word === undefined || next === undefined || word.tokenType !== t.Identifier) return undefined;
  const isDecision = Object.hasOwn(forms, word.image);
  const error = (from: IToken, message: string, help: string | Advice): Diagnostic =>
    diagnostic("P101", message, spanOf(source, from, from), help);
  if (!isDecision && operandStarts.has(next.tokenType)) {
    const meant = suggest(word.image, Object.keys(forms), spanOf(source, word, word));
    const help =
      meant ?? "a statement begins with the name of a rule or with a decision: " + Object.keys(forms).join(", ");
    return error(word, `\`${word.image}\` begins no statement`, help);
  }
  const otherwise = tokens.find((token, index) => token.image === "{" && tokens[index - 1]?.tokenType === t.Else);
  if (otherwise !== undefined) {
    return error(
      otherwise,
      "expected `if` or `:=` after `else`",
      "write `else if {` for conditions and `else := VALUE` for a value",
    );
  }
  const brace = braceWithoutIf(tokens);
  if (brace !== undefined) return error(brace, "expected `if` before the conditions", "write `if {`");
  const last = tokens.at(-1);
  const form = forms[word.image];
  if (
    isDecision &&
    word.image !== "deny" &&
    form !== undefined &&
    operandStarts.has(next.tokenType) &&
    last !== undefined
  ) {
    const expected = secondWords[word.image];
    if (expected !== undefined && !tokens.some(({ image }) => image === expected))
      return error(next, `expected \`${expected}\` in \`${word.image}\``, `it is written \`${form}\``);
  }
  return undefined;
}

/** Without this word it is no such decision. */
const secondWords: Readonly<Record<string, string>> = {
  approve: "by",
  mask: "with",
  label: "as",
};

/** What begins an operand, and continues no head of a rule. */
const operandStarts: ReadonlySet<unknown> = new Set([
  t.Identifier,
  t.StringToken,
  t.RawString,
  t.Template,
  t.NumberToken,
  t.True,
  t.False,
  t.Null,
]);

/** `p {`, `p := x {`, `deny "x" {`: a block that nothing introduces. */
function braceWithoutIf(tokens: readonly IToken[]): IToken | undefined {
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    const previous = tokens[index - 1];
    if (
      token.image === "{" &&
      depth === 0 &&
      previous !== undefined &&
      endsHead.has(previous.tokenType) &&
      previous.image !== "where"
    )
      return token;
    if (token.tokenType === t.If || token.tokenType === t.Every) return undefined;
    if (token.image.length === 1 && "([{".includes(token.image)) depth += 1;
    else if (token.image.length === 1 && ")]}".includes(token.image)) depth -= 1;
  }
  return undefined;
}

const endsHead: ReadonlySet<unknown> = new Set([...operandStarts, t.RightBracket, t.RightParen, t.Else]);
