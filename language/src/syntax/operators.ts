/** Infix operators and how strongly they bind. */
import { required } from "./cst.ts";
import type { Operator } from "./tree.ts";

/** Loosest first. */
export const precedence: Readonly<Record<Operator, number>> = {
  ":=": 0,
  "=": 0,
  in: 1,
  "==": 2,
  "!=": 2,
  "<": 2,
  "<=": 2,
  ">": 2,
  ">=": 2,
  "|": 3,
  "&": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

const operatorNames: readonly Operator[] = [
  ":=",
  "=",
  "in",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "|",
  "&",
  "+",
  "-",
  "*",
  "/",
  "%",
];

export function operatorOf(image: string): Operator {
  return required(operatorNames.find((operator) => operator === image));
}
