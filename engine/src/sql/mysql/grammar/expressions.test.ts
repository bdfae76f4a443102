import { expect, test } from "vitest";
import { defaultSqlMode, type Dialect, type SqlMode } from "../dialect.ts";
import { parseMysql } from "../parse.ts";
import type { Expression } from "../tree/expressions.ts";

const read = (text: string, mode: Partial<SqlMode>): string => {
  const dialect: Dialect = { product: "mariadb", version: 101100, mode: { ...defaultSqlMode, ...mode } };
  const parsed = parseMysql(`select ${text}`, dialect);
  if (parsed.kind !== "statements") return parsed.message;
  const [statement] = parsed.statements;
  if (statement?.kind !== "query" || statement.body.kind !== "select") return "no query";
  const [item] = statement.body.items;
  return item === undefined ? "" : bracketed(item.expression);
};

/** Operators with brackets around all that they made. */
function bracketed(expression: Expression): string {
  switch (expression.kind) {
    case "literal":
      return expression.text === "" ? expression.type : expression.text;
    case "column":
      return expression.parts.map(({ text }) => text).join(".");
    case "row":
      return `<${expression.values.map(bracketed).join(", ")}>`;
    case "unary":
      return `(${expression.operator} ${bracketed(expression.operand)})`;
    case "binary":
      return `(${bracketed(expression.left)} ${expression.operator} ${bracketed(expression.right)})`;
    case "logical":
      return `(${expression.operands.map(bracketed).join(` ${expression.operator} `)})`;
    case "is":
      return `(${bracketed(expression.operand)} is${expression.isNegated ? " not" : ""} ${expression.what})`;
    case "between":
      return `(${bracketed(expression.operand)} between ${bracketed(expression.low)} and ${bracketed(expression.high)})`;
    case "in_list":
      return `(${bracketed(expression.operand)}${expression.isNegated ? " not" : ""} in ${expression.values.map(bracketed).join(", ")})`;
    case "like":
      return `(${bracketed(expression.operand)}${expression.isNegated ? " not" : ""} ${expression.operator} ${bracketed(expression.pattern)})`;
    case "collate":
      return `(${bracketed(expression.operand)} collate ${expression.collation})`;
    case "interval_arithmetic":
      return `(${bracketed(expression.operand)} ${expression.operator} ${bracketed(expression.interval.value)} ${expression.interval.unit})`;
    case "assignment":
      return `(@${expression.variable.name} := ${bracketed(expression.value)})`;
    default:
      return expression.kind;
  }
}

test.for<readonly [text: string, tree: string, mode?: Partial<SqlMode>]>([
  ["a or b and c", "(a OR (b AND c))"],
  ["a and b and c", "(a AND b AND c)"],
  ["a and (b and c)", "(a AND <(b AND c)>)"],
  ["a or b xor c and d", "(a OR (b XOR (c AND d)))"],
  ["a || b", "(a OR b)"],
  ["a || b ^ c", "((a || b) ^ c)", { pipesAsConcat: true }],
  ["a && b || c", "((a AND b) OR c)"],
  ["not a = b", "(not (a = b))"],
  ["not a = b", "((not a) = b)", { highNotPrecedence: true }],
  ["not a and b", "((not a) AND b)"],
  ["! a = b", "((! a) = b)"],
  ["a = not b", "NOT needs brackets around it here"],
  ["a = b = c", "((a = b) = c)"],
  ["a = b is null", "((a = b) is null)"],
  ["a is not null = b", "((a is not null) = b)"],
  ["a between b and c and d", "((a between b and c) AND d)"],
  ["a between b and c between d and e", "(a between b and (c between d and e))"],
  ["a between b and c like d", "(a between b and (c like d))"],
  ["a like b between c and d", "((a like b) between c and d)"],
  ["a like b like c", "((a like b) like c)"],
  ["a like b not like c", "(a like (b not like c))"],
  ["a in (1) in (2)", "((a in 1) in 2)"],
  ["a in (1) + 2", "expected the end of the statement, found `+`"],
  ["a | b & c << d + e * f ^ g", "(a | (b & (c << (d + (e * (f ^ g))))))"],
  ["a - b - c", "((a - b) - c)"],
  ["a div b mod c", "((a DIV b) MOD c)"],
  ["- a ^ b", "((- a) ^ b)"],
  ["- a collate x", "(- (a collate x))"],
  ["binary a = b", "((binary a) = b)"],
  ["a + interval 1 day * 2", "((a + 1 day) * 2)"],
  ["a + interval 1 day - b", "((a + 1 day) - b)"],
  ["interval 1 day + a", "(a + 1 day)"],
  ["@x := a or b", "(@x := (a OR b))"],
  ["1--1", "(1 - (- 1))"],
])("%s", ([text, tree, mode = {}]) => {
  expect(read(text, mode)).toBe(tree);
});
