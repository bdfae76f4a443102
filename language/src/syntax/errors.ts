/** What the parser says of a syntax error: what was found and what could stand there, in the words of the language. */
import { EOF, type IParserErrorMessageProvider, type IToken, type TokenType } from "chevrotain";

/** More alternatives than this say nothing. */
const alternativesMax = 5;

export const syntaxErrors: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) =>
    expected === EOF ? `unexpected ${found(actual)}` : `expected ${labelOf(expected)}, found ${found(actual)}`,
  buildNotAllInputParsedMessage: ({ firstRedundant }) => `unexpected ${found(firstRedundant)}`,
  buildNoViableAltMessage: ({ expectedPathsPerAlt, actual }) => expectation(expectedPathsPerAlt.flat(), actual[0]),
  buildEarlyExitMessage: ({ expectedIterationPaths, actual }) => expectation(expectedIterationPaths, actual[0]),
};

function expectation(paths: readonly (readonly TokenType[])[], actual: IToken | undefined): string {
  const labels = [...new Set(paths.flatMap(([first]) => (first === undefined ? [] : [labelOf(first)])))];
  // A name, a number, a string and brackets together: an expression.
  if (labels.includes("a number") && labels.includes("a string"))
    return `expected an expression, found ${found(actual)}`;
  return labels.length === 0 || labels.length > alternativesMax
    ? `unexpected ${found(actual)}`
    : `expected ${labels.join(" or ")}, found ${found(actual)}`;
}

function labelOf(type: TokenType): string {
  return type === EOF ? "the end of the file" : (type.LABEL ?? type.name);
}

function found(token: IToken | undefined): string {
  return token === undefined || token.tokenType === EOF ? "the end of the file" : `\`${token.image}\``;
}
