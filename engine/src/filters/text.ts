import {
  compare as compareValues,
  type ComparisonOperator,
  type RowConstant,
  type RowTextTest,
} from "@penstock/language";
import { writerOf } from "../writers/writer-of.ts";
import { CannotFilter, type Condition, constantCondition, notNull, type RowText } from "./condition.ts";
import { describe, type Operand } from "./operand.ts";
import { comparing, sqlOperators } from "./ordering.ts";
import { referenceTo } from "./reference.ts";
import { comparable, hasCase, type TextOperand, textValue } from "./text-operand.ts";
import { type OrderedText, type TextSql, textSqlOf } from "./text-sql.ts";

export function compareText(operator: ComparisonOperator, left: TextOperand, right: TextOperand | string): Condition {
  comparable(left);
  if (typeof right !== "string") comparable(right);
  if (typeof right === "string") {
    if (operator === "==" || operator === "!=") return equalsText(left, operator, right);
    if (!textSqlOf(left.column).isStorable(right))
      throw new CannotFilter("it is compared by order with a text that no database can hold");
    if (hasCase(left)) throw caseOrder;
  } else if (hasCase(left) || hasCase(right)) throw caseOrder;
  if (isOrder(operator)) for (const side of [left, right]) noEnum(side);
  const server = textSqlOf(left.column);
  const [a, b] = [orderedSide(server, left, []), orderedSide(server, right, [])];
  const [x, y] = [textValue(left), typeof right === "string" ? () => right : textValue(right)];
  return {
    sql: (alias) => writerOf(left.column).operate(a.sql(alias), sqlOperators[operator], b.sql(alias)),
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

function orderedSide(server: TextSql, side: TextOperand | string, known: readonly string[]): OrderedText {
  return typeof side === "string"
    ? { sql: () => server.constant(side), isLeakproof: true }
    : server.ordered(side, known);
}

function equalsText(operand: TextOperand, operator: "==" | "!=", text: string): Condition {
  const isEqual = operator === "==";
  const value = textValue(operand);
  const holds = (row: RowText): boolean => {
    const given = value(row);
    return given !== null && (given === text) === isEqual;
  };
  const { isStorable, equality } = textSqlOf(operand.column);
  const { isNever, isLeakproof, compared } = equality(operand, [text]);
  if (!isStorable(text) || isNever(text)) return isEqual ? constantCondition(false) : { ...isKnown(operand), holds };
  return { sql: (alias) => compared(alias, operator, text), holds, isLeakproof };
}

export function textIn(operand: TextOperand, members: readonly RowConstant[]): Condition {
  comparable(operand);
  const texts = members.map((member) => {
    if (typeof member === "string") return member;
    throw new CannotFilter(
      `\`${operand.column.name}\` is a text, and a member of the collection is ${describe({ kind: "constant", value: member })}`,
    );
  });
  const { isStorable, equality } = textSqlOf(operand.column);
  const { isNever, isLeakproof, isOneOf } = equality(operand, texts);
  const possible = texts.filter((text) => isStorable(text) && !isNever(text));
  if (possible.length === 0) return constantCondition(false);
  const value = textValue(operand);
  const set = new Set(texts);
  return {
    sql: (alias) => isOneOf(alias, possible),
    holds: (row) => {
      const given = value(row);
      return given !== null && set.has(given);
    },
    isLeakproof,
  };
}

/** That the text is not NULL, after its edits. */
function isKnown(operand: TextOperand): Condition {
  if (!hasCase(operand)) return notNull(referenceTo(operand.column), operand.column.name);
  const { sql } = textSqlOf(operand.column).ordered(operand, []);
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
  const { column } = typeof whole === "string" ? requireOperand(piece) : whole;
  const server = textSqlOf(column);
  if (typeof piece === "string" && !server.isStorable(piece)) return constantCondition(false);
  if (typeof whole === "string" && !server.isStorable(whole)) {
    throw new CannotFilter(`\`${test}\` looks into a text that no database can hold`);
  }
  const [x, y] = [orderedSide(server, whole, constants), orderedSide(server, piece, constants)];
  const known = typeof piece === "string" ? piece : undefined;
  return {
    sql: (alias) => `(${server.tests[test](x.sql(alias), y.sql(alias), known)})`,
    holds,
    isLeakproof: server.isLeakproofTest(test) && x.isLeakproof && y.isLeakproof,
  };
}

/** Two constants do not occur: what is known before the row is computed before it. */
function requireOperand(side: TextOperand | string): TextOperand {
  if (typeof side === "string") throw new Error("a test of two constants");
  return side;
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
