/** Conditions as SQL that can be repeated nearer to a relation, where they let the planner find its rows. */
import { quoteName, quoteText } from "../../../masks/quote.ts";
import { itemsOf, operatorName } from "./leakproof.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { conjunctsOf, listOf, locationOf, type Site, stringOf } from "./tree.ts";

/** The conditions of the query with a relation in its FROM clause without which no row of the relation gets anywhere. */
export function governing({ container, node }: Site): readonly TreeObject[] {
  return [
    ...conjunctsOf(container?.node["whereClause"]),
    ...listOf(container?.node["fromClause"]).flatMap((item) => joinConditions(item, node)),
  ];
}

/**
 * The order in which a query wants the first rows of its only relation, where that is the order of the primary key: rows found in it need not
 * be sorted, and the query can stop early. Undefined for all else.
 * @param names how the relation's columns are to be called, by the positions of the references to them.
 */
export function keyOrder({ container, node }: Site, key: number | undefined, names: ColumnNames): string | undefined {
  const select = container?.node;
  const [item, second] = listOf(select?.["fromClause"]);
  if (select === undefined || item?.["RangeVar"] !== node || second !== undefined) return undefined;
  const computes = ["distinctClause", "groupClause", "havingClause", "windowClause"];
  if (select["limitCount"] === undefined || computes.some((field) => select[field] !== undefined)) return undefined;
  const [first] = listOf(select["sortClause"]);
  const sort = first?.["SortBy"];
  const reference = isObject(sort) && isObject(sort["node"]) ? sort["node"]["ColumnRef"] : undefined;
  const column = isObject(reference) ? names.get(locationOf(reference)) : undefined;
  if (!isObject(sort) || column === undefined || column.attnum !== key) return undefined;
  if (sort["useOp"] !== undefined || sort["sortby_nulls"] !== "SORTBY_NULLS_DEFAULT") return undefined;
  return sort["sortby_dir"] === "SORTBY_DESC" ? `${column.sql} desc` : column.sql;
}

export type ColumnNames = ReadonlyMap<number, { readonly sql: string; readonly attnum: number }>;

/** What stands left of a relation in FROM, so that LATERAL reaches it, and the conditions that join the two. */
export function leftOf({ container, path, node }: Site): {
  readonly relations: ReadonlySet<unknown>;
  readonly conditions: readonly TreeObject[];
} {
  const found = new Set<unknown>();
  const collect = (item: unknown): void => {
    if (!isObject(item)) return;
    if (isObject(item["RangeVar"])) found.add(item["RangeVar"]);
    const join = item["JoinExpr"];
    if (!isObject(join) || join["alias"] !== undefined) return;
    collect(join["larg"]);
    collect(join["rarg"]);
  };
  if (container?.kind !== "SelectStmt" || path === undefined) return { relations: found, conditions: [] };
  const { field, object } = path;
  if (field === "rarg" && (object["jointype"] === "JOIN_INNER" || object["jointype"] === "JOIN_LEFT")) {
    collect(object["larg"]);
    return { relations: found, conditions: conjunctsOf(object["quals"]) };
  }
  if (field !== "fromClause" || object !== container.node) return { relations: found, conditions: [] };
  for (const item of listOf(object["fromClause"])) {
    if (item["RangeVar"] === node) break;
    collect(item);
  }
  return { relations: found, conditions: conjunctsOf(object["whereClause"]) };
}

/** Those of ON that a row of the relation must meet: of inner joins, and of outer joins that may leave the row out. */
function joinConditions(item: TreeObject, rangeVar: TreeObject): readonly TreeObject[] {
  const join = item["JoinExpr"];
  if (!isObject(join)) return [];
  const sides = [join["larg"], join["rarg"]].filter(isObject);
  const optional =
    join["jointype"] === "JOIN_LEFT" ? join["rarg"] : join["jointype"] === "JOIN_RIGHT" ? join["larg"] : undefined;
  const applies = join["jointype"] === "JOIN_INNER" || holdsRelation(optional, rangeVar);
  return [...(applies ? conjunctsOf(join["quals"]) : []), ...sides.flatMap((side) => joinConditions(side, rangeVar))];
}

function holdsRelation(item: unknown, rangeVar: TreeObject): boolean {
  if (!isObject(item)) return false;
  if (item["RangeVar"] === rangeVar) return true;
  const join = item["JoinExpr"];
  return isObject(join) && (holdsRelation(join["larg"], rangeVar) || holdsRelation(join["rarg"], rangeVar));
}

/**
 * A leakproof condition over the columns as SQL, where it is never true of a row of NULLs, as an outer join gives it. Undefined where it
 * is about anything else.
 */
export function strictSql(node: TreeObject, names: ReadonlyMap<number, string>): string | undefined {
  const bool = node["BoolExpr"];
  if (isObject(bool)) {
    const args = listOf(bool["args"]).map((arg) => strictSql(arg, names));
    if (args.includes(undefined)) return undefined;
    if (bool["boolop"] === "NOT_EXPR") return `(not ${args[0]})`;
    return `(${args.join(bool["boolop"] === "AND_EXPR" ? " and " : " or ")})`;
  }
  const comparison = node["A_Expr"];
  if (!isObject(comparison)) return undefined;
  const { kind, name, lexpr, rexpr } = comparison;
  const left = operandSql(lexpr, names);
  if (left === undefined) return undefined;
  const operator = (symbol: string) => `operator(pg_catalog.${symbol})`;
  const symbol = operatorName(name);
  switch (kind) {
    case "AEXPR_OP": {
      const right = operandSql(rexpr, names);
      return right === undefined ? undefined : `(${left} ${operator(symbol)} ${right})`;
    }
    case "AEXPR_IN": {
      const items = itemsOf(rexpr).map((item) => operandSql(item, names));
      if (items.includes(undefined)) return undefined;
      if (symbol === "=" && itemsOf(rexpr).every(isIntegerConstant))
        return `(${left} ${operator("=")} any (array[${items.join(", ")}]))`;
      const [one, all] = symbol === "<>" ? ["<>", " and "] : ["=", " or "];
      return `(${items.map((item) => `${left} ${operator(one)} ${item}`).join(all)})`;
    }
    case "AEXPR_BETWEEN": {
      const [low, high] = itemsOf(rexpr).map((item) => operandSql(item, names));
      if (low === undefined || high === undefined) return undefined;
      return `(${left} ${operator(">=")} ${low} and ${left} ${operator("<=")} ${high})`;
    }
    case "AEXPR_OP_ANY": {
      const right = arraySql(rexpr);
      return right === undefined ? undefined : `(${left} ${operator(symbol)} any (${right}))`;
    }
    default:
      return undefined;
  }
}

function isIntegerConstant(node: TreeObject): boolean {
  return isObject(node["A_Const"]) && isObject(node["A_Const"]["ival"]);
}

function operandSql(node: unknown, names: ReadonlyMap<number, string>): string | undefined {
  if (!isObject(node)) return undefined;
  const { ColumnRef: reference, A_Const: constant, ParamRef: parameter, TypeCast: cast } = node;
  if (isObject(reference)) return names.get(locationOf(reference));
  if (isObject(constant)) return constantSql(constant);
  if (isObject(parameter)) return `$${Number(parameter["number"])}`;
  return isObject(cast) ? castSql(cast, "") : undefined;
}

function arraySql(node: unknown): string | undefined {
  if (!isObject(node)) return undefined;
  const { A_Const: constant, ParamRef: parameter, TypeCast: cast } = node;
  if (isObject(constant)) return constantSql(constant);
  if (isObject(parameter)) return `$${Number(parameter["number"])}`;
  return isObject(cast) ? castSql(cast, "[]") : undefined;
}

/** A condition that holds for every value and asks for the cast: about no column, so it is evaluated before any row is looked at. */
export function castOnce(cast: TreeObject): string | undefined {
  const { typeName } = cast;
  const isArray = isObject(typeName) && typeName["arrayBounds"] !== undefined;
  const sql = castSql(cast, isArray ? "[]" : "");
  return sql && `(pg_catalog.num_nonnulls(${sql}) operator(pg_catalog.>=) 0)`;
}

/** Of a constant or a parameter. */
function castSql({ typeName, arg }: TreeObject, dimensions: string): string | undefined {
  if (!isObject(arg)) return undefined;
  const { A_Const: constant, ParamRef: parameter } = arg;
  const value = isObject(constant)
    ? constantSql(constant)
    : isObject(parameter)
      ? `$${Number(parameter["number"])}`
      : undefined;
  const name = isObject(typeName) ? stringOf(listOf(typeName["names"]).at(-1) ?? {}) : undefined;
  return name === undefined || value === undefined
    ? undefined
    : `cast(${value} as pg_catalog.${quoteName(name)}${dimensions})`;
}

export function constantSql(constant: TreeObject): string | undefined {
  const { isnull, sval, ival, fval, boolval } = constant;
  if (isnull === true) return "null";
  if (isObject(sval)) return quoteText(textOf(sval["sval"]));
  if (isObject(ival)) return signed(textOf(ival["ival"] ?? 0));
  if (isObject(fval)) return signed(textOf(fval["fval"]));
  return isObject(boolval) ? String(boolval["boolval"] === true) : undefined;
}

/** A sign would else be read as a part of the operator before it. */
function signed(number: string): string {
  return number.startsWith("-") ? `(${number})` : number;
}

/** The empty string is left out of the parser's JSON. */
function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
