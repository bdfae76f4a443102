/**
 * How strongly infix operators bind (manual: Operator Precedence; `%left` and `%right` of the server's grammar). Each level stands above
 * the one before it. Modes move `||`.
 */
import type { TokenType } from "chevrotain";
import type { SqlMode } from "../dialect.ts";
import * as t from "../lexer/tokens.ts";

const { k } = t;

/** An expression on its own: everything may stand in it. */
export const lowest = 0;
/** An expression that may be `*` as well: an item of a select list. */
export const selectItem = -1;

export const level = {
  or: 10,
  xor: 20,
  and: 30,
  /** Prefix NOT, of everything that binds more strongly; where a stronger operand is asked for, NOT needs a bracket around it. */
  not: 40,
  /** `=`, `<=>` and so on, and IS: left to right among each other. */
  comparison: 50,
  /** To the right: `a BETWEEN b AND c BETWEEN d AND e` nests in the last operand. */
  between: 60,
  like: 70,
  /** `x NOT LIKE y` after LIKE belongs to the pattern, as NOT binds more strongly than LIKE in the server's grammar. */
  negated: 75,
  bitOr: 80,
  bitAnd: 90,
  shift: 100,
  additive: 110,
  multiplicative: 120,
  bitXor: 130,
  concatenation: 140,
  /** Prefix `-`, `+`, `~`, `!`, BINARY. */
  unary: 150,
  collate: 160,
} as const;

const levels: readonly (readonly [TokenType, number])[] = [
  [k.OR, level.or],
  [k.XOR, level.xor],
  [k.AND, level.and],
  [t.DoubleAmpersand, level.and],
  [k.IS, level.comparison],
  [t.Equal, level.comparison],
  [t.OtherComparison, level.comparison],
  [k.BETWEEN, level.between],
  [k.IN, level.like],
  [k.LIKE, level.like],
  [k.REGEXP, level.like],
  [k.SOUNDS, level.like],
  [k.MEMBER, level.like],
  [k.NOT, level.negated],
  [t.Bar, level.bitOr],
  [t.Ampersand, level.bitAnd],
  [t.Shift, level.shift],
  [t.Plus, level.additive],
  [t.Minus, level.additive],
  [t.Asterisk, level.multiplicative],
  [t.Slash, level.multiplicative],
  [t.Percent, level.multiplicative],
  [k.DIV, level.multiplicative],
  [k.MOD, level.multiplicative],
  [t.Caret, level.bitXor],
  [k.COLLATE, level.collate],
];

/** Level by `tokenTypeIdx`; sparse, and -1 where there is none. */
function tableOf(doubleBar: number): Int16Array {
  const table = new Int16Array(Math.max(...t.allTokens.map((type) => type.tokenTypeIdx as number)) + 1).fill(-1);
  for (const [type, binds] of levels) table[type.tokenTypeIdx as number] = binds;
  table[t.DoubleBar.tokenTypeIdx as number] = doubleBar;
  return table;
}

const pipesAsOr = tableOf(level.or);
const pipesAsConcat = tableOf(level.concatenation);

export function precedences(mode: SqlMode): Int16Array {
  return mode.pipesAsConcat ? pipesAsConcat : pipesAsOr;
}

/** The operator's name in the tree, whatever it was spelled as. */
export function operatorName(image: string, mode: SqlMode): string {
  if (image === "||") return mode.pipesAsConcat ? "||" : "OR";
  if (image === "&&") return "AND";
  return image.toUpperCase();
}
