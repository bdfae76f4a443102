import { baseTypeOf, characterCount } from "../masks/base-type.ts";
import { quoteText } from "../masks/quote.ts";
import { postgresWriter } from "../writers/postgres-writer.ts";
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

export const postgresText: TextSql = {
  isStorable,
  ordered,
  constant,
  tests: {
    startswith: (text, part) => `pg_catalog.starts_with(${text}, ${part})`,
    endswith: (text, part, piece) => {
      const length = piece === undefined ? `pg_catalog.char_length(${part})` : String(characterCount(piece));
      return `pg_catalog."right"(${text}, ${length}) OPERATOR(pg_catalog.=) ${part}`;
    },
    contains: (text, part) => `pg_catalog.strpos(${text}, ${part}) OPERATOR(pg_catalog.>) 0`,
  },
  isLeakproofTest: (test) => test === "startswith",
  equality,
};

/** No NUL and no half of a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** Under the collation "C", which compares bytes: code points, in a database of UTF-8. */
function ordered({ column, edits }: TextOperand, known: readonly string[]): OrderedText {
  const reference = referenceTo(column);
  const { name } = baseTypeOf(column);
  const plain = (alias: string): string =>
    column.typeCategory === "enum"
      ? `pg_catalog.textin(pg_catalog.enum_out(${reference(alias)}))`
      : `cast(${reference(alias)} as pg_catalog.text)`;
  if (edits.length === 0) {
    const isLeakproof = column.typeCategory === "text" && name !== "character" && name !== "bpchar";
    return { sql: (alias) => collated(plain(alias)), isLeakproof };
  }
  const sql = edits.reduce<(alias: string) => string>((inner, edit, index) => {
    if (edit.kind === "trim") return (alias) => trimSql(inner(alias), edit);
    return (alias) => caseSql(inner(alias), edit.to, knownCharacters(edits, index, known));
  }, plain);
  return { sql: (alias) => collated(sql(alias)), isLeakproof: false };
}

function collated(text: string): string {
  return `(${text} collate pg_catalog."C")`;
}

function constant(text: string): string {
  return `cast(${quoteText(text)} as pg_catalog.text)`;
}

const trimFunctions = { trim: "btrim", trim_space: "btrim", trim_left: "ltrim", trim_right: "rtrim" } as const;

function trimSql(text: string, edit: Extract<TextEdit, { kind: "trim" }>): string {
  return `pg_catalog.${trimFunctions[edit.how]}(${text}, ${quoteText(storable(cutsetOf(edit)))})`;
}

/** Characters that no PostgreSQL text holds, left out. */
function storable(characters: string): string {
  return Array.from(characters).filter(isStorable).join("");
}

function caseSql(text: string, to: "lower" | "upper", known: ReadonlySet<string>): string {
  const pairs = caseReplacements(to, known);
  const [from, into] = [pairs.map(([character]) => character), pairs.map(([, mapped]) => mapped)];
  const characters = `pg_catalog.char_length(${text})`;
  const translated = `pg_catalog.translate(${text}, ${quoteText(from.join(""))}, ${quoteText(into.join(""))})`;
  return `case when ${characters} OPERATOR(pg_catalog.<=) ${caseCharactersMax} then ${translated} end`;
}

/** Deterministic collations are equal where bytes are, so that the column can be compared as it is, by its index and leakproof. */
function equality(operand: TextOperand, texts: readonly string[]): TextEquality {
  const { column, edits } = operand;
  const { name } = baseTypeOf(column);
  const isPadded = name === "character" || name === "bpchar";
  const isPlain = edits.length === 0 && column.typeCategory === "text" && column.hasNondeterministicCollation !== true;
  const { sql, isLeakproof } = isPlain ? { sql: referenceTo(column), isLeakproof: true } : ordered(operand, texts);
  const type = isPlain && isPadded ? "pg_catalog.bpchar" : "pg_catalog.text";
  const typed = (text: string): string => `cast(${quoteText(text)} as ${type})`;
  return {
    isLeakproof,
    // The server passes over blanks at the end on both sides, and the value without padding has none.
    isNever: (text) => isPlain && isPadded && text.endsWith(" "),
    compared: (alias, operator, text) => postgresWriter.operate(sql(alias), sqlOperators[operator], typed(text)),
    isOneOf: (alias, some) => postgresWriter.isOneOf(sql(alias), some.map(typed)),
  };
}
