/** Collations of MySQL pass over case, accents or blanks at the end: texts are compared as the bytes of their UTF-8. */
import { encodeText } from "../writers/character-set.ts";
import { inUtf8, literal, mysqlWriter } from "../writers/mysql-writer.ts";
import { sqlOperators } from "./ordering.ts";
import { referenceTo } from "./reference.ts";
import {
  caseCharactersMax,
  caseReplacements,
  cutsetOf,
  knownCharacters,
  type TextEdit,
  type TextOperand,
} from "./text-operand.ts";
import type { OrderedText, TextEquality, TextSql } from "./text-sql.ts";

const { operate, isOneOf } = mysqlWriter;

export const mysqlText: TextSql = {
  isStorable: (text) => text.isWellFormed(),
  ordered,
  constant,
  tests: {
    startswith: (text, part, piece) => `left(${text}, ${lengthOf(part, piece)}) = ${part}`,
    endswith: (text, part, piece) => `right(${text}, ${lengthOf(part, piece)}) = ${part}`,
    contains: (text, part) => `locate(${part}, ${text}) > 0`,
  },
  isLeakproofTest: () => true,
  equality,
};

/** In bytes. */
function lengthOf(part: string, piece: string | undefined): string {
  return piece === undefined ? `length(${part})` : String(Buffer.byteLength(piece));
}

function constant(text: string): string {
  return literal("binary", text);
}

function ordered({ column, edits }: TextOperand, known: readonly string[]): OrderedText {
  const reference = referenceTo(column);
  const plain = (alias: string): string => inUtf8(column.characterSet, mysqlWriter.plainText(column, reference(alias)));
  const sql = edits.reduce<(alias: string) => string>((inner, edit, index) => {
    if (edit.kind === "trim") return (alias) => trimSql(inner(alias), edit);
    return (alias) => caseSql(inner(alias), edit.to, knownCharacters(edits, index, known));
  }, plain);
  return { sql: (alias) => `cast(${sql(alias)} as binary)`, isLeakproof: true };
}

/**
 * The server's `trim` takes off one text again and again. With one character in place of all that are to go, its result tells
 * where the rest begins and how long it is.
 */
function trimSql(text: string, edit: Extract<TextEdit, { kind: "trim" }>): string {
  const [first, ...others] = Array.from(new Set(cutsetOf(edit)))
    .filter((character) => character.isWellFormed())
    .map((character) => literal("utf8mb4", character));
  if (first === undefined) return text;
  const alike = replaced(
    text,
    others.map((other) => [other, first] as const),
  );
  const lengthWithout = (side: string): string => `char_length(trim(${side} ${first} from ${alike}))`;
  const start = `char_length(${text}) - ${lengthWithout("leading")} + 1`;
  switch (edit.how) {
    case "trim":
    case "trim_space":
      return `substr(${text}, ${start}, ${lengthWithout("both")})`;
    case "trim_left":
      return `substr(${text}, ${start})`;
    case "trim_right":
      return `left(${text}, ${lengthWithout("trailing")})`;
    default:
      return edit.how satisfies never;
  }
}

/** INVARIANT: what is put in for a character is no character that is replaced. */
function caseSql(text: string, to: "lower" | "upper", known: ReadonlySet<string>): string {
  const pairs = caseReplacements(to, known).map(
    ([character, mapped]) => [literal("utf8mb4", character), literal("utf8mb4", mapped)] as const,
  );
  return `case when char_length(${text}) <= ${caseCharactersMax} then ${replaced(text, pairs)} end`;
}

/** The server's `replace` compares bytes. */
function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((inner, [from, into]) => `replace(${inner}, ${from}, ${into})`, text);
}

/** What is equal in bytes is equal under every collation, so that a comparison by the column's index can come first. */
function equality(operand: TextOperand, texts: readonly string[]): TextEquality {
  const { column, edits } = operand;
  const { characterSet = "utf8mb4" } = column;
  const reference = referenceTo(column);
  const { sql } = ordered(operand, texts);
  const found = (alias: string, some: readonly string[]): string[] =>
    edits.length === 0 && column.typeCategory === "text" && some.every((text) => encodeText(characterSet, text))
      ? [
          isOneOf(
            reference(alias),
            some.map((text) => literal(characterSet, text)),
          ),
        ]
      : [];
  const isAny = (alias: string, some: readonly string[], exact: string): string => {
    const parts = [...found(alias, some), exact];
    return parts.length === 1 ? exact : `(${parts.join(" and ")})`;
  };
  return {
    isLeakproof: true,
    isNever: () => false,
    compared: (alias, operator, text) => {
      const exact = operate(sql(alias), sqlOperators[operator], constant(text));
      return operator === "==" ? isAny(alias, [text], exact) : exact;
    },
    isOneOf: (alias, some) => isAny(alias, some, isOneOf(sql(alias), some.map(constant))),
  };
}
