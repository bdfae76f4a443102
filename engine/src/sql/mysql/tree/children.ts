import type { Expression } from "./expressions.ts";
import type { QueryExpression } from "./queries.ts";

/** The expressions directly inside an expression, in the order of the text; queries inside it are `queryInside`. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "column":
    case "star":
    case "parameter":
    case "user_variable":
    case "system_variable":
    case "subquery":
    case "exists":
      return [];
    case "assignment":
      return [expression.value];
    case "unary":
    case "is":
    case "collate":
    case "cast":
    case "extract":
    case "odbc":
    case "in_subquery":
    case "quantified":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "logical":
      return expression.operands;
    case "between":
      return [expression.operand, expression.low, expression.high];
    case "in_list":
      return [expression.operand, ...expression.values];
    case "like":
      return present([expression.operand, expression.pattern, expression.escape]);
    case "row":
      return expression.values;
    case "case":
      return present([
        expression.operand,
        ...expression.branches.flatMap(({ when, result }) => [when, result]),
        expression.otherwise,
      ]);
    case "call":
    case "dynamic_columns":
    case "sequence_value":
      return expression.arguments;
    case "aggregate":
      return [...expression.arguments, ...expression.orderBy.map((item) => item.expression), ...expression.limit];
    case "window_call":
      return [
        expression.call,
        ...("kind" in expression.window
          ? [
              ...expression.window.partitionBy.map((item) => item.expression),
              ...expression.window.orderBy.map((item) => item.expression),
              ...expression.window.bounds,
            ]
          : []),
      ];
    case "trim":
      return present([expression.remove, expression.operand]);
    case "interval_arithmetic":
      return expression.interval.start < expression.operand.start
        ? [expression.interval, expression.operand]
        : [expression.operand, expression.interval];
    case "interval":
      return [expression.value];
    case "match":
      return [...expression.columns, expression.against];
    case "default":
      return present([expression.column]);
    case "inserted_value":
    case "json_path":
      return [expression.column];
    case "member_of":
      return [expression.operand, expression.array];
  }
}

/** The query that an expression reads, where it is one that does. */
export function queryInside(expression: Expression): QueryExpression | undefined {
  switch (expression.kind) {
    case "subquery":
    case "exists":
    case "in_subquery":
    case "quantified":
      return expression.query;
    default:
      return undefined;
  }
}

function present(list: readonly (Expression | undefined)[]): Expression[] {
  return list.filter((each) => each !== undefined);
}
