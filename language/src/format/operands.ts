import { operatorOf, precedence } from "../syntax/operators.ts";
import { type Element, firstToken, isNamed } from "./cst.ts";

/** What stands between the loosest operators of an expression; each but the first begins with its operator. */
export function operandsOf(parts: readonly Element[]): readonly (readonly Element[])[] {
  const loosest = Math.min(...parts.map((part) => (isNamed(part, "operator") ? looseness(part) : Infinity)));
  const operands: Element[][] = [[]];
  for (const part of parts) {
    if (isNamed(part, "operator") && looseness(part) === loosest) operands.push([]);
    operands.at(-1)?.push(part);
  }
  return operands;
}

export function isAssignment(operator: Element): boolean {
  return looseness(operator) === 0;
}

function looseness(operator: Element): number {
  return precedence[operatorOf(firstToken(operator).image)];
}
