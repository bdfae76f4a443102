import {
  compare as compareValues,
  type ComparisonOperator,
  type RowConstant,
  type RowTextTest,
} from "@penstock/language";
import { baseTypeOf, characterCount } from "../masks/base-type.ts";
import { quoteText } from "../masks/quote.ts";
import { CannotFilter, type Condition, constantCondition, notNull, type RowText } from "./condition.ts";
import { describe, type Operand } from "./operand.ts";
import { comparing, sqlOperators } from "./ordering.ts";
import { referenceTo } from "./reference.ts";
import { comparable, hasCase, isStorable, type TextOperand, textSql, textValue } from "./text-operand.ts";

export function compareText(operator: ComparisonOperator, left: TextOperand, right: TextOperand | string): Condition {
  comparable(left);
  if (typeof right !== "string") comparable(right);
  if (typeof right === "string") {
    if (operator === "==" || operator === "!=") return equalsText(left, operator, right);
    if (!isStorable(right)) throw new CannotFilter("it is compared by order with a text that no database can hold");
    if (hasCase(left)) throw caseOrder;
  } else if (hasCase(left) || hasCase(right)) throw caseOrder;
  if (isOrder(operator)) for (const side of [left, right]) noEnum(side);
  const [a, b] = [textSql(left, []), typeof right === "string" ? constantSql(right) : textSql(right, [])];
  const [x, y] = [textValue(left), typeof right === "string" ? () => right : textValue(right)];
  return {
    sql: (alias) => `(${a.sql(alias)} ${sqlOperators[operator]} ${b.sql(alias)})`,
    holds: comparing(operator, x, y, compareValues),
    isLeakproof: a.isLeakproof && b.isLeakproof,
  };
}

const caseOrder = new CannotFilter("`lower` and `upper` of a column can be compared with `==`, `!=` and `in` only");

function noEnum(side: TextOperand | string): void {
  if (typeof side === "string" || side.column.typeCategory !== "enum") return;
  throw new CannotFilter(`\`${side.column.name}\` is of an enum type, whose order is not that of its texts`);
}

function isOrder(operator: ComparisonOperator): boolean {
  return operator !== "==" && operator !== "!=";
}

function constantSql(text: string): { readonly sql: (alias: string) => string; readonly isLeakproof: boolean } {
  return { sql: () => `cast(${quoteText(text)} as pg_catalog.text)`, isLeakproof: true };
}

function equalsText(operand: TextOperand, operator: "==" | "!=", text: string): Condition {
  const isEqual = operator === "==";
  const value = textValue(operand);
  const holds = (row: RowText): boolean => {
    const given = value(row);
    return given !== null && (given === text) === isEqual;
  };
  const left = equalitySide(operand, [text]);
  if (!isStorable(text) || left.isNever(text))
    return isEqual ? constantCondition(false) : { ...isKnown(operand), holds };
  const right = `cast(${quoteText(text)} as ${left.type})`;
  return {
    sql: (alias) => `(${left.sql(alias)} ${sqlOperators[operator]} ${right})`,
    holds,
    isLeakproof: left.isLeakproof,
  };
}

export function textIn(operand: TextOperand, members: readonly RowConstant[]): Condition {
  comparable(operand);
  const texts = members.map((member) => {
    if (typeof member === "string") return member;
    throw new CannotFilter(
      `\`${operand.column.name}\` is a text, and a member of the collection is ${describe({ kind: "constant", value: member })}`,
    );
  });
  const left = equalitySide(operand, texts);
  const possible = texts.filter((text) => isStorable(text) && !left.isNever(text));
  if (possible.length === 0) return constantCondition(false);
  const constants = possible.map((text) => `cast(${quoteText(text)} as ${left.type})`);
  const value = textValue(operand);
  const set = new Set(texts);
  return {
    sql: (alias) => `(${left.sql(alias)} ${sqlOperators["=="]} any (array[${constants.join(", ")}]))`,
    holds: (row) => {
      const given = value(row);
      return given !== null && set.has(given);
    },
    isLeakproof: left.isLeakproof,
  };
}

/**
 * A side of an equality. Deterministic collations are equal where bytes are, so that the column can be compared as it is, by its index and
 * leakproof.
 */
function equalitySide(operand: TextOperand, texts: readonly string[]) {
  const { column, edits } = operand;
  const { name } = baseTypeOf(column);
  const isPadded = name === "character" || name === "bpchar";
  if (edits.length > 0 || column.typeCategory !== "text" || column.hasNondeterministicCollation === true) {
    return { ...textSql(operand, texts), type: "pg_catalog.text", isNever: () => false };
  }
  return {
    sql: referenceTo(column),
    isLeakproof: true,
    type: isPadded ? "pg_catalog.bpchar" : "pg_catalog.text",
    // The server passes over blanks at the end on both sides, and the value without padding has none.
    isNever: (text: string) => isPadded && text.endsWith(" "),
  };
}

/** That the text is not NULL, after its edits. */
function isKnown(operand: TextOperand): Condition {
  if (!hasCase(operand)) return notNull(referenceTo(operand.column), operand.column.name);
  const { sql } = textSql(operand, []);
  const value = textValue(operand);
  return { sql: (alias) => `(${sql(alias)} is not null)`, holds: (row) => value(row) !== null, isLeakproof: false };
}

export function textTest(test: RowTextTest, text: Operand, part: Operand): Condition {
  const [whole, piece] = [sideOf(text, test), sideOf(part, test)];
  const constants = [whole, piece].filter((side) => typeof side === "string");
  if ([whole, piece].some((side) => typeof side !== "string" && hasCase(side)) && constants.length === 0) {
    throw new CannotFilter(`\`${test}\` with \`lower\` or \`upper\` takes a text that is known before the row`);
  }
  const [a, b] = [whole, piece].map((side) => (typeof side === "string" ? () => side : textValue(side)));
  const holds = (row: RowText): boolean => {
    const [x, y] = [a?.(row) ?? null, b?.(row) ?? null];
    return x !== null && y !== null && tests[test](x, y);
  };
  if (typeof piece === "string" && !isStorable(piece)) return constantCondition(false);
  if (typeof whole === "string" && !isStorable(whole)) {
    throw new CannotFilter(`\`${test}\` looks into a text that no database can hold`);
  }
  const [x, y] = [whole, piece].map((side) =>
    typeof side === "string" ? constantSql(side) : textSql(side, constants),
  );
  if (x === undefined || y === undefined) throw new Error("a test without its operands");
  return {
    sql: (alias) => `(${testSql[test](x.sql(alias), y.sql(alias), piece)})`,
    holds,
    isLeakproof: test === "startswith" && x.isLeakproof && y.isLeakproof,
  };
}

function sideOf(operand: Operand, test: RowTextTest): TextOperand | string {
  if (operand.kind === "text") return comparable(operand);
  if (operand.kind === "constant" && typeof operand.value === "string") return operand.value;
  throw new CannotFilter(`\`${test}\` takes texts, not ${describe(operand)}`);
}

const tests: Readonly<Record<RowTextTest, (text: string, part: string) => boolean>> = {
  startswith: (text, part) => text.startsWith(part),
  endswith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
};

const testSql: Readonly<Record<RowTextTest, (text: string, part: string, piece: TextOperand | string) => string>> = {
  startswith: (text, part) => `pg_catalog.starts_with(${text}, ${part})`,
  endswith: (text, part, piece) => {
    const length = typeof piece === "string" ? String(characterCount(piece)) : `pg_catalog.char_length(${part})`;
    return `pg_catalog."right"(${text}, ${length}) OPERATOR(pg_catalog.=) ${part}`;
  },
  contains: (text, part) => `pg_catalog.strpos(${text}, ${part}) OPERATOR(pg_catalog.>) 0`,
};
