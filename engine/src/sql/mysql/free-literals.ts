import { isObject } from "../tree-object.ts";
import { childrenOf } from "./tree/children.ts";
import type { Expression } from "./tree/expressions.ts";
import type { Statement } from "./tree/statements.ts";

/**
 * Where the literals of a statement stand that nothing but the server's own computation depends on: compared in a condition, stored by
 * INSERT or UPDATE. All others may mean something (LIMIT 10, ORDER BY 1, arguments of functions, names of outputs).
 * @returns by UTF-16 position in the text: the literal's value as the parser read it
 */
export function freeLiterals(statement: Statement | undefined): ReadonlyMap<number, string> {
  return placesOf(statement).literals;
}

/** Whether every parameter stands where a free literal could. */
export function bindsFreely(statement: Statement | undefined): boolean {
  const { parameters } = placesOf(statement);
  return parametersOf(statement).every((start) => parameters.has(start));
}

interface FreePlaces {
  readonly literals: Map<number, string>;
  /** UTF-16 positions. */
  readonly parameters: Set<number>;
}

/** Where they stand. */
function parametersOf(node: unknown): number[] {
  if (Array.isArray(node)) return node.flatMap(parametersOf);
  if (!isObject(node)) return [];
  const { kind, start } = node as { readonly kind?: unknown; readonly start?: unknown };
  if (kind === "parameter") return [typeof start === "number" ? start : -1];
  return Object.values(node).flatMap(parametersOf);
}

function placesOf(statement: Statement | undefined): FreePlaces {
  const found = { literals: new Map<number, string>(), parameters: new Set<number>() };
  if (statement === undefined) return found;
  addConditions(statement, found);
  switch (statement.kind) {
    case "insert":
    case "replace": {
      const { source } = statement;
      if (source.kind === "values") for (const row of source.rows) for (const value of row) addValue(value, found);
      if (source.kind === "set") for (const { value } of source.assignments) addValue(value, found);
      for (const { value } of statement.onDuplicateKey) addValue(value, found);
      break;
    }
    case "update":
      for (const { value } of statement.assignments) addValue(value, found);
      break;
    default:
      break;
  }
  return found;
}

/** Those of every WHERE and ON. */
function addConditions(node: unknown, found: FreePlaces): void {
  if (Array.isArray(node)) for (const each of node) addConditions(each, found);
  if (!isObject(node)) return;
  for (const [field, child] of Object.entries(node)) {
    if ((field === "where" || field === "on") && isObject(child)) addOperands(child as unknown as Expression, found);
    addConditions(child, found);
  }
}

/** Operands of what compares and computes; a call, a cast or a query may read a literal otherwise. */
function addOperands(expression: Expression, found: FreePlaces): void {
  if (!computing.has(expression.kind)) return;
  for (const child of childrenOf(expression)) {
    if (expression.kind !== "logical" && expression.kind !== "row") addValue(child, found);
    addOperands(child, found);
  }
}

const computing: ReadonlySet<Expression["kind"]> = new Set<Expression["kind"]>([
  "logical",
  "row",
  "unary",
  "binary",
  "is",
  "between",
  "in_list",
  "like",
]);

function addValue(value: Expression, found: FreePlaces): void {
  if (value.kind === "parameter") found.parameters.add(value.start);
  if (value.kind !== "literal" || value.introducer !== undefined) return;
  if (value.type === "string") found.literals.set(value.start, value.text);
  if (value.type === "integer") found.literals.set(value.start, String(Number(value.text)));
}
