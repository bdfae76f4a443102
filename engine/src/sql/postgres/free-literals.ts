import type { Node } from "@pgsql/types";

/**
 * Where the literals of a statement stand that nothing but the server's own computation depends on: compared in a condition, stored by
 * INSERT or UPDATE. All others may mean something (LIMIT 10, ORDER BY 1, 'customers'::regclass, set_config('search_path', …)).
 * @returns by byte position in the text: the literal's value as the parser read it
 */
export function freeLiterals(node: Node): ReadonlyMap<number, string> {
  return placesOf(node).literals;
}

/** Whether every parameter stands where a free literal could. */
export function bindsFreely(node: Node): boolean {
  const { parameters } = placesOf(node);
  return parametersOf(node).every((location) => parameters.has(location));
}

interface FreePlaces {
  readonly literals: Map<number, string>;
  /** Byte positions. */
  readonly parameters: Set<number>;
}

function placesOf(node: Node): FreePlaces {
  const found = { literals: new Map<number, string>(), parameters: new Set<number>() };
  search(node, false, found);
  return found;
}

/** Where they stand. */
function parametersOf(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(parametersOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    name === "ParamRef" ? [locationOf(child)] : parametersOf(child),
  );
}

/** The parser's JSON leaves out a zero. */
function locationOf(node: unknown): number {
  const location = field(node, "location");
  return typeof location === "number" ? location : 0;
}

/** Fields that hold a condition; inside, until the next statement begins, operands are free. */
const conditions: ReadonlySet<string> = new Set(["whereClause", "quals"]);
/** What begins something of its own below a condition: a subquery has other clauses, a cast or function may read the literal. */
const opaque: ReadonlySet<string> = new Set(["SelectStmt", "FuncCall", "TypeCast"]);

function search(value: unknown, isCondition: boolean, found: FreePlaces): void {
  if (Array.isArray(value)) {
    for (const item of value) search(item, isCondition, found);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, child] of Object.entries(value)) {
    if (name === "A_Expr" && isCondition) {
      for (const operand of [field(child, "lexpr"), field(child, "rexpr")]) addAll(operand, found);
    } else if (name === "valuesLists") {
      for (const row of asArray(child)) addAll(row, found);
    } else if (name === "UpdateStmt") {
      for (const target of asArray(field(child, "targetList"))) addAll(field(field(target, "ResTarget"), "val"), found);
    }
    search(child, conditions.has(name) || (isCondition && !opaque.has(name)), found);
  }
}

/** A literal, or the literals of a list. */
function addAll(node: unknown, found: FreePlaces): void {
  const items = field(field(node, "List"), "items");
  for (const item of items === undefined ? [node] : asArray(items)) {
    const parameter = field(item, "ParamRef");
    if (parameter !== undefined) found.parameters.add(locationOf(parameter));
    const constant = field(item, "A_Const");
    const location = field(constant, "location");
    const value = field(field(constant, "ival"), "ival") ?? field(field(constant, "sval"), "sval");
    const isZero = field(constant, "ival") !== undefined && value === undefined;
    const isEmpty = field(constant, "sval") !== undefined && value === undefined;
    // The parser's JSON leaves out zeros and empty strings; a literal at position 0 of a text begins no statement.
    if (typeof location !== "number") continue;
    if (isZero || isEmpty) found.literals.set(location, isZero ? "0" : "");
    else if (typeof value === "number" || typeof value === "string") found.literals.set(location, String(value));
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
