/** Messages of the parser: what was expected, and what stands there. */
import type { IParserErrorMessageProvider, IToken, TokenType } from "chevrotain";
import { EOF } from "chevrotain";

const expectedMax = 6;

export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) => `expected ${labelOf(expected)}, found ${found(actual)}`,
  buildNotAllInputParsedMessage: ({ firstRedundant }) =>
    `expected the end of the statement, found ${found(firstRedundant)}`,
  buildNoViableAltMessage: ({ expectedPathsPerAlt, actual }) =>
    `expected ${list(expectedPathsPerAlt.flat().flatMap((path) => path.slice(0, 1)))}, found ${found(actual[0])}`,
  buildEarlyExitMessage: ({ expectedIterationPaths, actual }) =>
    `expected ${list(expectedIterationPaths.flatMap((path) => path.slice(0, 1)))}, found ${found(actual[0])}`,
};

function list(types: readonly TokenType[]): string {
  const labels = [...new Set(types.map(labelOf))];
  if (labels.length <= expectedMax) return labels.join(" or ");
  return `${labels.slice(0, expectedMax).join(", ")} or another of ${labels.length} that may stand here`;
}

/** `LeftParen` is for us; people know `(`. Keywords and categories speak for themselves. */
const symbols: Readonly<Record<string, string>> = {
  LeftParen: "`(`",
  RightParen: "`)`",
  LeftBrace: "`{`",
  RightBrace: "`}`",
  Comma: "`,`",
  Dot: "`.`",
  Semicolon: "`;`",
  Assign: "`:=`",
  Equal: "`=`",
  AtName: "`@name`",
  AtAt: "`@@`",
  Parameter: "`?`",
};

function labelOf({ name }: TokenType): string {
  const symbol = symbols[name];
  if (symbol !== undefined) return symbol;
  return name === name.toUpperCase()
    ? name
    : name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

const imageMax = 40;

function found(token: IToken | undefined): string {
  if (token === undefined || token.tokenType === EOF) return "the end of the text";
  // Nothing of a literal: messages go to logs, and what a statement compares with may be secret.
  const isLiteral = /Literal|String|Unknown|AtName/.test(token.tokenType.name);
  if (isLiteral) return labelOf(token.tokenType);
  return `\`${token.image.length > imageMax ? `${token.image.slice(0, imageMax)}…` : token.image}\``;
}
