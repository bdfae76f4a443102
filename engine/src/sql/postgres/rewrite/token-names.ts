/**
 * From the tree alone: a name under which the value of a token column may be reached stands nowhere but as a column of its own in a select
 * list. It asks name resolution only of references that it knows to be other columns of relations, so that `orders.email` is no trouble where
 * `customers.email` is shown as tokens.
 */
import type { ResolvedStatement } from "../resolution.ts";
import type { NameMisuse, ShownColumn } from "../../token-outputs.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import {
  aliasColumns,
  everyNode,
  fieldNames,
  listOf,
  locationOf,
  type Site,
  stringOf,
  type TreeIndex,
} from "./tree.ts";

/** `undefined` where every name is used as it may be. */
export function misusedName(
  tree: TreeIndex,
  statement: ResolvedStatement,
  shown: readonly ShownColumn[],
): NameMisuse | undefined {
  const root: unknown = statement.node;
  const first = shown[0]?.column.name ?? "";
  const misuse = (how: string, column = first): NameMisuse => ({ column, how });
  if (tree.containers.some(({ kind }) => kind !== "SelectStmt")) return misuse("a statement that changes data");
  for (const { node } of tree.containers) {
    const clause = node["withClause"];
    if (isObject(clause) && clause["recursive"] === true) return misuse("WITH RECURSIVE");
  }
  const names = reachableNames(tree, shown);
  const others = otherColumns(statement, shown);
  const rows = rowNames(root);
  const closed = closedQueries(root);
  for (const site of tree.columnRefs) {
    const isKnown = others.has(locationOf(site.node));
    const fields = fieldNames(site.node);
    const last = fields.at(-1);
    const target = projection(site);
    if (last !== undefined && fields.length === 1 && rows.has(last) && !isKnown && !names.has(last)) {
      return misuse("a whole row");
    }
    if (target === undefined) {
      if (last === undefined) return misuse("a whole row");
      if (names.has(last) && !isKnown) return misuse("an expression, a condition, a join or an order", last);
    } else if (last === undefined ? closed.get(target) === true : closed.has(target) && names.has(last) && !isKnown) {
      return misuse("a subquery that gives a value", last);
    }
  }
  for (const { node } of tree.containers) {
    const how = misusedClause(node, names);
    if (how !== undefined) return misuse(how);
  }
  for (const join of everyNode(root, "JoinExpr")) {
    if (join["isNatural"] === true) return misuse("NATURAL JOIN");
    if (listOf(join["usingClause"]).some((name) => names.has(stringOf(name) ?? ""))) return misuse("a join");
  }
  const steps = everyNode(root, "A_Indirection").flatMap((node) => listOf(node["indirection"]));
  if (steps.some((step) => names.has(stringOf(step) ?? ""))) return misuse("a whole row");
  return undefined;
}

/** The select list's query, where a reference stands in it as a column of its own. */
function projection({ path, container }: Site): TreeObject | undefined {
  const list = path?.field === "val" && path.up?.field === "ResTarget" ? path.up.up : undefined;
  return list?.field === "targetList" && list.object === container?.node ? list.object : undefined;
}

/** Names of the columns, and those that AS and alias lists give to what may be one of them. */
function reachableNames(tree: TreeIndex, shown: readonly ShownColumn[]): ReadonlySet<string> {
  const names = new Set(shown.map(({ column }) => column.name));
  for (const { node } of tree.rangeVars) for (const name of aliasColumns(node)) names.add(name);
  for (const { node } of tree.containers) {
    for (const name of aliasLists(node)) names.add(name);
  }
  for (let before = -1; before !== names.size; ) {
    before = names.size;
    for (const site of tree.columnRefs) {
      const last = fieldNames(site.node).at(-1);
      const given = projection(site) === undefined ? undefined : site.path?.object["name"];
      if (typeof given === "string" && last !== undefined && names.has(last)) names.add(given);
    }
  }
  return names;
}

/** Of WITH queries, subqueries and joins of one query. VALUES and functions cannot give what they may not be given. */
function aliasLists(select: TreeObject): readonly string[] {
  const clause = select["withClause"];
  const queries = isObject(clause) ? everyNode(clause["ctes"], "CommonTableExpr") : [];
  const ofWith = queries.flatMap((query) => listOf(query["aliascolnames"]).map((name) => stringOf(name) ?? ""));
  const items = [
    ...everyNode(select["fromClause"], "RangeSubselect").filter(({ subquery }) => !isValues(subquery)),
    ...everyNode(select["fromClause"], "JoinExpr"),
  ];
  return [...ofWith, ...items.flatMap(aliasColumns)];
}

function isValues(query: unknown): boolean {
  const select = isObject(query) ? query["SelectStmt"] : undefined;
  return isObject(select) && select["valuesLists"] !== undefined;
}

/** Where references to columns of relations stand that are not shown as tokens. */
function otherColumns({ reads }: ResolvedStatement, shown: readonly ShownColumn[]): ReadonlySet<number> {
  const positions = new Set<number>();
  for (const { relation, references } of reads) {
    for (const { position, column } of references) {
      if (!shown.some((one) => one.relation === relation && one.column === column)) positions.add(position);
    }
  }
  return positions;
}

/** Names that can stand for a whole row. */
function rowNames(root: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const element of value) visit(element);
    else if (isObject(value)) {
      for (const field of ["relname", "aliasname", "ctename"]) {
        const name = value[field];
        if (typeof name === "string") names.add(name);
      }
      for (const child of Object.values(value)) visit(child);
    }
  };
  visit(root);
  return names;
}

/**
 * Queries whose columns become values of an expression, and whether such a value may be one of them as it is. EXISTS looks at none; IN and
 * ANY give booleans, and name resolution knows what their stars stand for.
 */
function closedQueries(root: unknown): ReadonlyMap<TreeObject, boolean> {
  const closed = new Map<TreeObject, boolean>();
  const close = (select: unknown, givesValue: boolean): void => {
    if (!isObject(select)) return;
    closed.set(select, givesValue);
    close(select["larg"], givesValue);
    close(select["rarg"], givesValue);
  };
  for (const { subLinkType: type, subselect: query } of everyNode(root, "SubLink")) {
    if (type === "EXISTS_SUBLINK" || !isObject(query)) continue;
    close(query["SelectStmt"], type !== "ANY_SUBLINK" && type !== "ALL_SUBLINK");
  }
  return closed;
}

/** Clauses of a query that do something with its columns without naming them. */
function misusedClause(select: TreeObject, names: ReadonlySet<string>): string | undefined {
  if (isObject(select["larg"])) {
    const isPlain = select["op"] === "SETOP_UNION" && select["all"] === true;
    return isPlain && listOf(select["sortClause"]).every((sort) => sortedPosition(sort) === undefined)
      ? undefined
      : "a set operation other than UNION ALL";
  }
  const targets = listOf(select["targetList"]);
  const carries = (target: TreeObject | undefined) => target !== undefined && mayCarry(target, names);
  if (!targets.some(carries)) return undefined;
  const distinct = select["distinctClause"];
  // A list of one empty node is DISTINCT without ON.
  if (Array.isArray(distinct) && distinct.some((node) => !isObject(node) || Object.keys(node).length === 0))
    return "DISTINCT";
  if (select["groupClause"] !== undefined || select["havingClause"] !== undefined) return "GROUP BY";
  for (const node of [...listOf(select["sortClause"]), ...listOf(distinct)]) {
    const position = sortedPosition(node);
    if (
      position !== undefined &&
      targets
        .slice(0, position)
        .some((target) => isStar(target) || (target === targets[position - 1] && carries(target)))
    )
      return "ORDER BY";
  }
  return undefined;
}

function sortedPosition(node: TreeObject): number | undefined {
  const sort = node["SortBy"];
  const constant = isObject(sort) && isObject(sort["node"]) ? sort["node"]["A_Const"] : node["A_Const"];
  if (!isObject(constant) || !isObject(constant["ival"])) return undefined;
  return Number(constant["ival"]["ival"] ?? 0);
}

function columnOf({ ResTarget: target }: TreeObject): TreeObject | undefined {
  const value = isObject(target) ? target["val"] : undefined;
  const column = isObject(value) ? value["ColumnRef"] : undefined;
  return isObject(column) ? column : undefined;
}

function isStar(target: TreeObject): boolean {
  const column = columnOf(target);
  return column !== undefined && fieldNames(column).at(-1) === undefined;
}

function mayCarry(target: TreeObject, names: ReadonlySet<string>): boolean {
  const column = columnOf(target);
  if (column === undefined) return false;
  const last = fieldNames(column).at(-1);
  return last === undefined || names.has(last);
}
