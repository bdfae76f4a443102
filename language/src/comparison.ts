/** The operators that compare two values by their order. */
export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Whether a comparison holds. @param order of left and right: below, at or above zero */
export function holds(operator: ComparisonOperator, order: number): boolean {
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return operator satisfies never;
  }
}
