import * as fc from "fast-check";

/** Operands whose values tell one way of reading from another: small numbers, texts with wildcards, dates, NULL. */
const atoms = fc.constantFrom(
  "0", "1", "2", "3", "5", "7", "2.5", "NULL", "TRUE", "'1'", "'a'", "'ab'", "'a%'", "'2020-01-31'", "x'41'", "b'101'", "@v", "_utf8mb4'a'",
); // biome-ignore format: a table

const infix = fc.constantFrom(
  "OR", "||", "XOR", "AND", "&&", "=", "<=>", "<", "<=", ">", ">=", "<>", "!=", "LIKE", "NOT LIKE", "REGEXP", "NOT RLIKE", "SOUNDS LIKE",
  "|", "&", "<<", ">>", "+", "-", "*", "/", "DIV", "MOD", "%", "^",
); // biome-ignore format: a table

/** Mostly none: NOT and INTERVAL are errors in most places, and one makes the whole text one. */
const prefix = fc.oneof(
  { weight: 24, arbitrary: fc.constant("") },
  { weight: 4, arbitrary: fc.constantFrom("-", "+", "~", "!", "BINARY ") },
  { weight: 1, arbitrary: fc.constantFrom("NOT ", "@w := ", "INTERVAL 1 DAY + ") },
);

/** Expressions as texts, brackets only by chance. The server refuses some of them, and so should the grammar. */
export const expressionTexts: fc.Arbitrary<string> = fc.letrec<{ chain: string; operand: string }>((tie) => ({
  chain: fc
    .tuple(tie("operand"), fc.array(fc.tuple(infixParts(tie("operand")), fc.constant(" ")), { maxLength: 4 }))
    .map(([first, rest]) => `${first}${rest.map(([part]) => ` ${part}`).join("")}`),
  operand: fc
    .tuple(
      prefix,
      fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        { weight: 6, arbitrary: atoms },
        { weight: 1, arbitrary: tie("chain").map((inner) => `(${inner})`) },
        { weight: 1, arbitrary: fc.tuple(tie("chain"), tie("chain")).map(([a, b]) => `IFNULL(${a}, ${b})`) },
        {
          weight: 1,
          arbitrary: fc.tuple(tie("chain"), tie("chain")).map(([a, b]) => `CASE WHEN ${a} THEN ${b} ELSE 4 END`),
        },
        { weight: 1, arbitrary: tie("chain").map((inner) => `(SELECT ${inner})`) },
        { weight: 1, arbitrary: fc.tuple(tie("chain"), tie("chain")).map(([a, b]) => `SUBSTRING(${a} FROM ${b})`) },
      ),
    )
    .map(([before, operand]) => `${before}${operand}`),
})).chain;

/** What may stand behind an operand: an operator with its other operands. */
function infixParts(operand: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 40, arbitrary: fc.tuple(infix, operand).map(([operator, right]) => `${operator} ${right}`) },
    { weight: 1, arbitrary: fc.constantFrom("IS NULL", "IS NOT NULL", "IS TRUE", "IS NOT FALSE", "IS UNKNOWN") },
    { weight: 1, arbitrary: fc.tuple(operand, operand).map(([low, high]) => `BETWEEN ${low} AND ${high}`) },
    { weight: 1, arbitrary: fc.tuple(operand, operand).map(([low, high]) => `NOT BETWEEN ${low} AND ${high}`) },
    { weight: 1, arbitrary: fc.tuple(operand, operand).map(([a, b]) => `IN (${a}, ${b})`) },
    { weight: 1, arbitrary: operand.map((a) => `NOT IN (${a})`) },
    { weight: 1, arbitrary: fc.constant("COLLATE utf8mb4_bin") },
    { weight: 1, arbitrary: operand.map((n) => `+ INTERVAL ${n} DAY`) },
    { weight: 1, arbitrary: operand.map((n) => `- INTERVAL ${n} MONTH`) },
    { weight: 1, arbitrary: operand.map((pattern) => `LIKE ${pattern} ESCAPE '|'`) },
  );
}
