/**
 * Which expressions may be evaluated on rows that a filter hides. The planner orders the conditions of a query by their cost, whatever
 * their order in the text, so a condition beside a filter may see a hidden row first; it must then neither fail nor do anything that
 * tells of it. PostgreSQL calls that leakproof (`pg_proc.proleakproof`); operators that it has marked so on the types below are known here.
 */
import type { Column } from "../../../catalog/catalog.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { everyNode, listOf, locationOf, stringOf } from "./tree.ts";

/** Types between which comparisons are leakproof, by the name that `format_type` gives. */
const families: Readonly<Record<string, string>> = {
  smallint: "integer",
  integer: "integer",
  bigint: "integer",
  real: "float",
  "double precision": "float",
  text: "text",
  "character varying": "text",
  character: "character",
  uuid: "uuid",
  boolean: "boolean",
  date: "date",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
  "time without time zone": "time",
  inet: "inet",
  cidr: "inet",
  macaddr: "macaddr",
};

/** The same types as casts and PREPARE name them. */
const typeNames: Readonly<Record<string, string>> = {
  int2: "integer",
  int4: "integer",
  int8: "integer",
  float4: "float",
  float8: "float",
  text: "text",
  varchar: "text",
  bpchar: "character",
  uuid: "uuid",
  bool: "boolean",
  date: "date",
  timestamp: "timestamp",
  timestamptz: "timestamptz",
  time: "time",
  inet: "inet",
  cidr: "inet",
  macaddr: "macaddr",
};

const comparisons: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);

/** Whether PostgreSQL's own comparisons between two types, as `format_type` names them, are taken to be leakproof. */
export function comparisonsBetween(left: string, right: string): boolean {
  return families[left] !== undefined && families[left] === families[right];
}

export function familyOf({ type, isDomain }: Column): string | undefined {
  return isDomain ? undefined : families[type];
}

export interface Known {
  /** By the position of a reference. */
  readonly columns: ReadonlyMap<number, Column>;
  /** Numbers of parameters that are only ever compared with columns of one type, and so have that type. */
  readonly parameters: ReadonlySet<number>;
  /** Numbers of parameters that are only ever cast, to one type. */
  readonly castParameters: ReadonlySet<number>;
}

/** What an expression is, for choosing an operator. */
type Operand =
  | { readonly kind: "column"; readonly column: Column; readonly family: string | undefined }
  | { readonly kind: "typed"; readonly family: string }
  /** A string without a type, or NULL: it takes the type of what it is compared with. */
  | { readonly kind: "untyped" }
  | { readonly kind: "integer" | "numeric" | "parameter" };

function operandOf({ columns, parameters, castParameters }: Known, node: TreeObject): Operand | undefined {
  if (isObject(node["ColumnRef"])) {
    const column = columns.get(locationOf(node["ColumnRef"]));
    return column && { kind: "column", column, family: familyOf(column) };
  }
  if (isObject(node["A_Const"])) return constantOf(node["A_Const"]);
  if (isObject(node["ParamRef"])) {
    return parameters.has(Number(node["ParamRef"]["number"])) ? { kind: "parameter" } : undefined;
  }
  const cast = node["TypeCast"];
  if (!isObject(cast) || !isObject(cast["arg"]) || !isGiven({ castParameters }, cast["arg"])) return undefined;
  const family = castFamily(cast["typeName"], 0);
  return family === undefined ? undefined : { kind: "typed", family };
}

/** A constant, whose cast is computed before any row is looked at, or a parameter, whose cast `castsOfParameters` sees to. */
function isGiven(
  { castParameters }: Pick<Known, "castParameters">,
  { A_Const: constant, ParamRef: parameter }: TreeObject,
): boolean {
  return isObject(constant) || (isObject(parameter) && castParameters.has(Number(parameter["number"])));
}

/**
 * The casts of parameters in leakproof conditions. One may fail, and with a plan for any parameters it would do so at the first row that it is
 * asked of, hidden or not: so they are asked for once before, whatever rows there are.
 */
export function castsOfParameters(conditions: readonly TreeObject[]): readonly TreeObject[] {
  return everyNode(conditions, "TypeCast").filter(({ arg }) => isObject(arg) && isObject(arg["ParamRef"]));
}

function constantOf(constant: TreeObject): Operand | undefined {
  if (constant["isnull"] === true || isObject(constant["sval"])) return { kind: "untyped" };
  if (isObject(constant["boolval"])) return { kind: "typed", family: "boolean" };
  if (isObject(constant["ival"])) return { kind: "integer" };
  const number = constant["fval"];
  if (!isObject(number)) return undefined;
  const text = String(number["fval"]);
  const fits = /^-?\d+$/.test(text) && BigInt(text) <= int8Max && BigInt(text) >= -int8Max;
  return { kind: fits ? "integer" : "numeric" };
}

const int8Max = 2n ** 63n - 1n;

/** @param dimensions of an array type. */
function castFamily(typeName: unknown, dimensions: number): string | undefined {
  if (!isObject(typeName) || typeName["typmods"] !== undefined || typeName["setof"] === true) return undefined;
  if (listOf(typeName["arrayBounds"]).length !== dimensions) return undefined;
  const names = listOf(typeName["names"]).map(stringOf);
  if (names.length !== 1 && names[0] !== "pg_catalog") return undefined;
  return typeNames[names.at(-1) ?? ""];
}

/** Whether an operator between the two is one of those that are known to be leakproof. */
function areComparable(a: Operand | undefined, b: Operand | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.kind !== "column") return b.kind === "column" && areComparable(b, a);
  const { family } = a;
  if (family === undefined) return false;
  switch (b.kind) {
    case "column":
    case "typed":
      return b.family === family;
    case "untyped":
      return true;
    case "integer":
      return family === "integer" || family === "float";
    case "numeric":
      return family === "float";
    // One that the client has declared as numeric may be too large for a float.
    case "parameter":
      return family !== "float";
    default:
      return b satisfies never;
  }
}

export function isLeakproof(known: Known, node: TreeObject): boolean {
  const [[name, value] = ["", undefined]] = Object.entries(node);
  if (!isObject(value)) return false;
  switch (name) {
    case "BoolExpr":
      return listOf(value["args"]).every((arg) => isLeakproof(known, arg));
    case "A_Expr":
      return isComparison(known, value);
    case "NullTest": {
      const arg = isObject(value["arg"]) ? operandOf(known, value["arg"]) : undefined;
      return arg?.kind === "column" || arg?.kind === "parameter";
    }
    case "BooleanTest":
      return isObject(value["arg"]) && isLeakproof(known, value["arg"]);
    case "ColumnRef": {
      const operand = operandOf(known, node);
      return operand?.kind === "column" && operand.family === "boolean";
    }
    case "A_Const":
      return true;
    case "SubLink":
      return isLeakproofSubquery(known, value);
    default:
      return false;
  }
}

/** Of tables alone, and with nothing to compute: its conditions are conditions of the statement, which are looked at one by one. */
function isLeakproofSubquery(known: Known, link: TreeObject): boolean {
  const select = isObject(link["subselect"]) ? link["subselect"]["SelectStmt"] : undefined;
  if (!isObject(select) || Object.keys(select).some((field) => !plainFields.has(field))) return false;
  if (select["op"] !== "SETOP_NONE" || !listOf(select["fromClause"]).every(isTables)) return false;
  const outputs = listOf(select["targetList"]).map(({ ResTarget: target }) => isObject(target) && target["val"]);
  if (link["subLinkType"] === "EXISTS_SUBLINK") {
    return outputs.every(
      (output) => isObject(output) && (isObject(output["A_Const"]) || isObject(output["ColumnRef"])),
    );
  }
  if (link["subLinkType"] !== "ANY_SUBLINK" || link["operName"] !== undefined) return false;
  const [output, second] = outputs;
  if (second !== undefined || !isObject(output) || !isObject(link["testexpr"])) return false;
  const [tested, given] = [operandOf(known, link["testexpr"]), operandOf(known, output)];
  return tested?.kind === "column" && given?.kind === "column" && areComparable(tested, given);
}

const plainFields: ReadonlySet<string> = new Set(["targetList", "fromClause", "whereClause", "op", "limitOption"]);

function isTables({ RangeVar: relation, JoinExpr: join }: TreeObject): boolean {
  if (isObject(relation)) return true;
  return isObject(join) && [join["larg"], join["rarg"]].every((side) => isObject(side) && isTables(side));
}

function isComparison(known: Known, { kind, name, lexpr, rexpr }: TreeObject): boolean {
  if (!isObject(lexpr)) return false;
  const left = operandOf(known, lexpr);
  const operator = operatorName(name);
  switch (kind) {
    case "AEXPR_OP":
    case "AEXPR_DISTINCT":
    case "AEXPR_NOT_DISTINCT":
      return comparisons.has(operator) && isObject(rexpr) && areComparable(left, operandOf(known, rexpr));
    case "AEXPR_IN":
    case "AEXPR_BETWEEN":
    case "AEXPR_NOT_BETWEEN":
      return left?.kind === "column" && itemsOf(rexpr).every((item) => isConstantFor(known, left, item));
    case "AEXPR_OP_ANY":
    case "AEXPR_OP_ALL":
      return comparisons.has(operator) && left?.kind === "column" && isObject(rexpr) && isArrayFor(known, left, rexpr);
    default:
      return false;
  }
}

export function operatorName(name: unknown): string {
  const parts = listOf(name).map(stringOf);
  return parts.length === 1 || parts[0] === "pg_catalog" ? (parts.at(-1) ?? "") : "";
}

export function itemsOf(list: unknown): readonly TreeObject[] {
  return isObject(list) && isObject(list["List"]) ? listOf(list["List"]["items"]) : [];
}

function isConstantFor(known: Known, column: Operand, item: TreeObject): boolean {
  const operand = operandOf(known, item);
  return operand?.kind !== "column" && areComparable(column, operand);
}

function isArrayFor(known: Known, column: Operand & { readonly kind: "column" }, node: TreeObject): boolean {
  const array = node["A_ArrayExpr"];
  if (isObject(array)) return listOf(array["elements"]).every((item) => isConstantFor(known, column, item));
  if (isObject(node["A_Const"]) || isObject(node["ParamRef"])) {
    const operand = operandOf(known, node);
    return (
      column.family !== undefined &&
      column.family !== "float" &&
      (operand?.kind === "untyped" || operand?.kind === "parameter")
    );
  }
  const cast = node["TypeCast"];
  if (!isObject(cast) || !isObject(cast["arg"])) return false;
  const { arg } = cast;
  const isConstant =
    isGiven(known, arg) ||
    (isObject(arg["A_ArrayExpr"]) && listOf(arg["A_ArrayExpr"]["elements"]).every((item) => isObject(item["A_Const"])));
  return isConstant && column.family !== undefined && castFamily(cast["typeName"], 1) === column.family;
}

/**
 * A parameter takes the type of what it is first compared with, unless the client declares one; a declared type could choose another
 * operator, or a cast that fails. INVARIANT: a client that declares an object identifier type is refused (`Parse`); all others compare without
 * failing with the types that `areComparable` lets parameters be compared with.
 */
export function parametersOf(root: unknown, columns: ReadonlyMap<number, Column>): ReadonlySet<number> {
  const compared = new Map<number, { count: number; readonly types: Set<string> }>();
  const note = (node: unknown, type: string | undefined): void => {
    const parameter = isObject(node) ? node["ParamRef"] : undefined;
    if (!isObject(parameter)) return;
    const number = Number(parameter["number"]);
    const before = compared.get(number) ?? { count: 0, types: new Set() };
    before.count++;
    if (type !== undefined) before.types.add(type);
    compared.set(number, before);
  };
  const typeOf = (node: unknown): string | undefined => {
    const reference = isObject(node) ? node["ColumnRef"] : undefined;
    const column = isObject(reference) ? columns.get(locationOf(reference)) : undefined;
    return column === undefined || familyOf(column) === undefined ? undefined : column.type;
  };
  for (const { arg } of everyNode(root, "NullTest")) note(arg, undefined);
  for (const { kind, name, lexpr, rexpr } of everyNode(root, "A_Expr")) {
    const isOperator = kind === "AEXPR_OP" || kind === "AEXPR_DISTINCT" || kind === "AEXPR_NOT_DISTINCT";
    const isAny = kind === "AEXPR_OP_ANY" || kind === "AEXPR_OP_ALL";
    const left = typeOf(lexpr);
    if (isOperator && comparisons.has(operatorName(name))) {
      const right = typeOf(rexpr);
      if (left !== undefined) note(rexpr, left);
      if (right !== undefined) note(lexpr, right);
    } else if (
      left !== undefined &&
      (kind === "AEXPR_IN" || kind === "AEXPR_BETWEEN" || kind === "AEXPR_NOT_BETWEEN")
    ) {
      for (const item of itemsOf(rexpr)) note(item, left);
    } else if (left !== undefined && isAny && comparisons.has(operatorName(name))) {
      note(rexpr, `${left}[]`);
      const array = isObject(rexpr) ? rexpr["A_ArrayExpr"] : undefined;
      if (isObject(array)) for (const item of listOf(array["elements"])) note(item, left);
    }
  }
  const all = new Map<number, number>();
  for (const parameter of everyNode(root, "ParamRef")) {
    const number = Number(parameter["number"]);
    all.set(number, (all.get(number) ?? 0) + 1);
  }
  if (!declaresKnownTypes(root)) return new Set();
  return new Set(
    [...compared]
      .filter(([number, { count, types }]) => count === all.get(number) && types.size === 1)
      .map(([number]) => number),
  );
}

/** A cast gives a parameter its type, unless the client declares one. */
export function castParametersOf(root: unknown): ReadonlySet<number> {
  const casts = new Map<number, { count: number; readonly types: Set<string> }>();
  for (const { arg, typeName } of everyNode(root, "TypeCast")) {
    const parameter = isObject(arg) ? arg["ParamRef"] : undefined;
    if (!isObject(parameter) || !isObject(typeName)) continue;
    const number = Number(parameter["number"]);
    const before = casts.get(number) ?? { count: 0, types: new Set() };
    before.count++;
    before.types.add(JSON.stringify(typeName, (key, value: unknown) => (key === "location" ? 0 : value)));
    casts.set(number, before);
  }
  const all = everyNode(root, "ParamRef").map((parameter) => Number(parameter["number"]));
  return new Set(
    [...casts].flatMap(([number, { count, types }]) =>
      types.size === 1 && count === all.filter((each) => each === number).length ? [number] : [],
    ),
  );
}

/** PREPARE may declare types of parameters, as a client may in a message. */
function declaresKnownTypes(root: unknown): boolean {
  const prepare = isObject(root) ? root["PrepareStmt"] : undefined;
  if (!isObject(prepare)) return true;
  return listOf(prepare["argtypes"]).every(
    ({ TypeName: type }) => castFamily(type, 0) !== undefined || castFamily(type, 1) !== undefined,
  );
}
