/**
 * Conditions that may be tried on rows which a filter hides: a comparison that can neither fail, nor warn, nor act, whatever the row holds. A
 * warning would be enough to tell: `Truncated incorrect DOUBLE value: '…'` shows the value.
 */
import type { Column, Relation } from "../../../catalog/catalog.ts";
import type { Protection } from "../../protection.ts";
import { isObject } from "../../tree-object.ts";
import type { ResolvedMysql } from "../facts/resolve.ts";
import type { Expression, Literal } from "../tree/expressions.ts";
import type { Join, Select } from "../tree/queries.ts";
import { nodesOf } from "./tree.ts";

/** Whether no condition of the statement tells anything of a row on which it is tried. */
export function areAllSafe(statement: ResolvedMysql): boolean {
  const { node, reads } = statement;
  const isSafeHere = safetyOf(statement);
  const relations = reads.map(({ relation }) => relation);
  const joins = nodesOf(node, joining) as unknown as readonly Join[];
  return (
    !joins.some(({ type }) => type.startsWith("natural")) &&
    conditionsIn(node).every(isSafeHere) &&
    joins.every(({ using }) =>
      using.every((name) => areAlike([{ kind: "column", parts: [name], ...place }], relations)),
    )
  );
}

/** The same for one condition, or a part of it. */
export function safetyOf({ node, reads }: ResolvedMysql): (condition: Expression) => boolean {
  const relations = reads.map(({ relation }) => relation);
  // What a query inside gives out may be computed.
  const isComputed = nodesOf(node, computing).length > (node.kind === "update" || node.kind === "delete" ? 0 : 1);
  if (isComputed || relations.some(({ definition }) => definition !== undefined)) return () => false;
  return (condition) => isSafe(condition, relations);
}

const joining: ReadonlySet<string> = new Set(["join"]);
const place = { start: 0, end: 0 };

const computing: ReadonlySet<string> = new Set(["query", "derived", "json_table", "table_query"]);

/** Every WHERE, ON and HAVING. */
function conditionsIn(root: unknown): Expression[] {
  const found: Expression[] = [];
  const search = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) search(each);
    if (!isObject(value)) return;
    for (const [field, child] of Object.entries(value)) {
      if ((field === "where" || field === "on" || field === "having") && isObject(child)) {
        found.push(child as unknown as Expression);
      }
      search(child);
    }
  };
  search(root);
  return found;
}

/**
 * Conditions of a query's WHERE that are safe and about one table of it alone, which can therefore stand inside of it as well: but for those that
 * name a masked column, which outside mean what the mask shows and inside would mean the value.
 */
export function impliedBy(
  select: Select,
  name: string,
  { relation, columns: masked }: Protection,
): readonly Expression[] {
  const [only, second] = select.from;
  if (second !== undefined || only?.kind !== "table" || select.where === undefined) return [];
  return conjunctsOf(select.where).filter(
    (condition) =>
      nodesOf(condition, parameters).length === 0 &&
      isSafe(condition, [relation]) &&
      nodesOf(condition, columns).every(
        ({ parts }) =>
          Array.isArray(parts) && (parts.length === 1 || isNamed(parts, name)) && !isOneOf(parts, relation, masked),
      ),
  );
}

const parameters: ReadonlySet<string> = new Set(["parameter"]);
const columns: ReadonlySet<string> = new Set(["column"]);

function isOneOf(parts: readonly unknown[], relation: Relation, masked: Protection["columns"]): boolean {
  const own = parts.at(-1);
  const name = isObject(own) ? String(own["text"]).toLowerCase() : "";
  return relation.columns.some((column) => column.name.toLowerCase() === name && masked.has(column.attnum));
}

function isNamed(parts: readonly unknown[], name: string): boolean {
  const table = parts.at(-2);
  return isObject(table) && table["text"] === name;
}

/** The conditions all of which must hold for it to hold. */
export function conjunctsOf(condition: Expression): readonly Expression[] {
  if (condition.kind === "logical" && condition.operator === "AND") return condition.operands.flatMap(conjunctsOf);
  const [only, second] = condition.kind === "row" ? condition.values : [];
  return only !== undefined && second === undefined ? conjunctsOf(only) : [condition];
}

function isSafe(condition: Expression, relations: readonly Relation[]): boolean {
  switch (condition.kind) {
    case "row": {
      const [only, second] = condition.values;
      return only !== undefined && second === undefined && isSafe(only, relations);
    }
    case "logical":
      return condition.operands.every((each) => isSafe(each, relations));
    case "unary":
      return (condition.operator === "not" || condition.operator === "!") && isSafe(condition.operand, relations);
    case "is":
      return condition.operand.kind === "column" && (condition.what === "null" || condition.what === "NULL");
    case "binary":
      return comparisons.has(condition.operator) && areAlike([condition.left, condition.right], relations);
    case "between":
      return areAlike([condition.operand, condition.low, condition.high], relations);
    case "in_list":
      return areAlike([condition.operand, ...condition.values], relations);
    default:
      return false;
  }
}

const comparisons: ReadonlySet<string> = new Set(["=", "<>", "!=", "<", "<=", ">", ">=", "<=>"]);

/** Columns and constants between which nothing that a row holds is converted. */
function areAlike(operands: readonly Expression[], relations: readonly Relation[]): boolean {
  const found = operands.filter((each) => each.kind === "column").flatMap((each) => candidates(each, relations));
  const [first] = found;
  if (first === undefined || found.some((column) => kindOf(column) !== kindOf(first))) return false;
  const kind = kindOf(first);
  if (kind === undefined || found.some((column) => column.collation !== first.collation)) return false;
  return operands.every(
    (each) =>
      (each.kind === "column" && candidates(each, relations).length > 0) ||
      // Beside a number whatever is bound is made a number of, beside a text the text.
      (each.kind === "parameter" && kind === "number") ||
      (each.kind === "literal" && fits(each, kind)) ||
      (each.kind === "unary" && each.operator === "-" && each.operand.kind === "literal" && kind === "number"),
  );
}

function candidates(name: Extract<Expression, { kind: "column" }>, relations: readonly Relation[]): readonly Column[] {
  const own = name.parts.at(-1)?.text.toLowerCase();
  return relations.flatMap(({ columns: all }) => all.filter((column) => column.name.toLowerCase() === own));
}

type Kind = "number" | "text";

function kindOf({ typeCategory, generated }: Column): Kind | undefined {
  // A virtual column is computed when it is read.
  if (generated !== undefined) return undefined;
  if (typeCategory === "integer" || typeCategory === "numeric" || typeCategory === "float") return "number";
  return typeCategory === "text" ? "text" : undefined;
}

function fits({ type, introducer }: Literal, kind: Kind): boolean {
  if (type === "null" || type === "true" || type === "false") return type === "null" || kind === "number";
  if (kind === "text") return type === "string" && introducer === undefined;
  return type === "integer" || type === "decimal" || type === "float";
}

/** The query that directly reads a table, by the path to it. */
export function selectAround(path: readonly unknown[]): Select | undefined {
  for (const each of path.toReversed()) {
    if (isObject(each) && each["kind"] === "select") return each as unknown as Select;
    if (isObject(each) && each["kind"] === "query") return undefined;
  }
  return undefined;
}
