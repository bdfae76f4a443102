/** The conditions of a statement, as far as filters have to know them. */
import type { Column, Relation } from "../../../catalog/catalog.ts";
import { builtinAggregateNames } from "../builtin-names.ts";
import type { ResolvedStatement } from "../resolution.ts";
import { castOnce, strictSql } from "./implied.ts";
import { castParametersOf, castsOfParameters, familyOf, isLeakproof, type Known, parametersOf } from "./leakproof.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { aliasColumns, conjunctsOf, everyNode, listOf, locationOf, stringOf } from "./tree.ts";

interface Condition {
  readonly node: TreeObject;
  /** HAVING of the outermost query: what holds an aggregate there is never evaluated on rows of a table. */
  readonly isOutermostHaving: boolean;
}

export interface Conditions {
  /** Every condition anywhere in the statement may be evaluated on rows that a filter hides. */
  readonly areLeakproof: boolean;
  /**
   * Those of some conditions as SQL that are leakproof, never true of a row of NULLs, and about these columns only: `"alias"."id" = 5`.
   * @param names how the columns are to be called, by the positions of the references to them.
   */
  readonly implied: (conditions: readonly TreeObject[], names: ReadonlyMap<number, string>) => readonly string[];
  /** What must be evaluated before any row is looked at, as SQL. */
  readonly first: readonly string[];
  /** Whether a condition that is not leakproof may compare the column, which lets the planner try it on values of its statistics. */
  readonly mayTry: (column: Column) => boolean;
}

/** @param isFiltered whether rows of a relation are hidden: conditions about others alone tell nothing of them. */
export function conditionsOf(statement: ResolvedStatement, isFiltered: (relation: Relation) => boolean): Conditions {
  const columns = new Map<number, Column>();
  const open = new Set<number>();
  if (!statement.mayCallUserOperators) {
    for (const { references, relation } of [...statement.reads, ...statement.writes]) {
      for (const { position, column } of references) {
        if (isStored(relation, column)) columns.set(position, column);
        if (!isFiltered(relation)) open.add(position);
      }
    }
    for (const { position, column, relation } of statement.passedOn) {
      if (isStored(relation, column)) columns.set(position, column);
    }
  }
  const found: Found = { conditions: [], merged: [] };
  collect(found, statement.node, 0);
  const known: Known = {
    columns,
    parameters: parametersOf(statement.node, columns),
    castParameters: isMerge(statement) ? none : castParametersOf(statement.node),
  };
  const all = found.conditions.flatMap((condition) =>
    conjunctsOf(condition.node).map((node) => ({ ...condition, node })),
  );
  const casts = castsOfParameters(all.map(({ node }) => node).filter((node) => isLeakproof(known, node)));
  // Elsewhere the planner may ask for a cast only where it has rows.
  const beside = isPlain(statement) ? known : { ...known, castParameters: none };
  const leaky = all.filter(
    ({ node, isOutermostHaving }) =>
      !isLeakproof(beside, node) && !isAbout(node, open) && !(isOutermostHaving && holdsAggregate(node)),
  );
  const leakyMerge = found.merged.some((join) => !mergesAlike(statement, join));
  return {
    areLeakproof: !statement.mayCallUserOperators && leaky.length === 0 && !leakyMerge,
    first: [...new Set(casts.flatMap((cast) => castOnce(cast) ?? []))],
    implied: (conditions, names) =>
      conditions.filter((node) => isLeakproof(known, node)).flatMap((node) => strictSql(node, names) ?? []),
    mayTry: mayTry(
      statement,
      known,
      leaky.map(({ node }) => node),
      leakyMerge,
    ),
  };
}

const none: ReadonlySet<number> = new Set();

function isMerge({ writes }: ResolvedStatement): boolean {
  return writes.some(({ kind }) => kind === "merge");
}

/** Without outer joins, and without subqueries in conditions, which may become such: what is about no column is evaluated first of all. */
function isPlain({ node }: ResolvedStatement): boolean {
  const isInner = everyNode(node, "JoinExpr").every(({ jointype }) => jointype === "JOIN_INNER");
  return isInner && everyNode(node, "SubLink").length === 0;
}

/** Whether it reads these columns only; or none at all, and is then no call that could do something for each row. */
function isAbout(node: TreeObject, positions: ReadonlySet<number>): boolean {
  const references = everyNode(node, "ColumnRef");
  if (references.length > 0) return references.every((reference) => positions.has(locationOf(reference)));
  return everyNode(node, "FuncCall").length === 0 && everyNode(node, "SubLink").length === 0;
}
/** What a view or a generated column shows may be computed where it is read, and fail. */
function isStored({ kind }: Relation, { generated }: Column): boolean {
  return kind !== "view" && generated === undefined;
}

interface Found {
  readonly conditions: Condition[];
  /** Joins with USING or NATURAL. */
  readonly merged: TreeObject[];
}
const conditionFields: ReadonlySet<string> = new Set([
  "whereClause",
  "havingClause",
  "quals",
  "joinCondition",
  "condition",
]);

function collect(found: Found, value: unknown, queries: number): void {
  if (Array.isArray(value)) {
    for (const element of value) collect(found, element, queries);
    return;
  }
  if (!isObject(value)) return;
  if (typeof value["jointype"] === "string" && (value["isNatural"] === true || value["usingClause"] !== undefined)) {
    found.merged.push(value);
  }
  for (const [field, child] of Object.entries(value)) {
    if (conditionFields.has(field) && isObject(child)) {
      found.conditions.push({ node: child, isOutermostHaving: field === "havingClause" && queries === 1 });
    }
    collect(found, child, field === "SelectStmt" || field === "larg" || field === "rarg" ? queries + 1 : queries);
  }
}
function holdsAggregate(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsAggregate);
  if (!isObject(value) || value["SubLink"] !== undefined) return false;
  const call = value["FuncCall"];
  if (isObject(call) && call["over"] === undefined) {
    const names = listOf(call["funcname"]).map(stringOf);
    if (builtinAggregateNames.has(names.at(-1) ?? "") && (names.length === 1 || names[0] === "pg_catalog")) return true;
  }
  return Object.values(value).some(holdsAggregate);
}
/** Whether USING compares columns of tables, of types whose equality is leakproof. */
function mergesAlike({ reads }: ResolvedStatement, { isNatural, usingClause, larg, rarg }: TreeObject): boolean {
  if (isNatural === true) return false;
  const columnsOf = (side: unknown, name: string): (string | undefined)[] => {
    if (!isObject(side)) return [undefined];
    const { RangeVar: rangeVar, JoinExpr: join } = side;
    if (isObject(join) && join["alias"] === undefined) {
      return [...columnsOf(join["larg"], name), ...columnsOf(join["rarg"], name)];
    }
    const read = reads.find((each) => each.rangeVar === rangeVar);
    if (read === undefined || !isObject(rangeVar) || aliasColumns(rangeVar).length > 0) return [undefined];
    return read.relation.columns.filter((column) => column.name === name).map(familyOf);
  };
  return listOf(usingClause).every((node) => {
    const name = stringOf(node) ?? "";
    const [left, right] = [columnsOf(larg, name), columnsOf(rarg, name)];
    const family = left[0];
    return family !== undefined && [...left, ...right].every((each) => each === family);
  });
}
function mayTry(
  { facts }: ResolvedStatement,
  { columns }: Known,
  leaky: readonly TreeObject[],
  leakyMerge: boolean,
): (column: Column) => boolean {
  const tried = new Set<Column>();
  // A column of a subquery, or a whole row, may be any.
  let any = leakyMerge;
  for (const reference of leaky.flatMap((node) => everyNode(node, "ColumnRef"))) {
    const column = columns.get(locationOf(reference));
    if (column === undefined) any = true;
    else tried.add(column);
  }
  return (column) => {
    if (tried.has(column)) return true;
    if (!any) return false;
    const uses = facts.columns.find((fact) => fact.column === column)?.uses;
    return uses !== undefined && (uses.has("filter") || uses.has("join") || uses.has("condition"));
  };
}
