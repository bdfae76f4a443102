/**
 * From the tree alone: a name under which the value of a token column may be reached stands nowhere but as a column of its own in a select
 * list. It asks name resolution only of references that it knows to be other columns of relations, so that `orders.email` is no trouble where
 * `customers.email` is shown as tokens.
 */
import type { NameMisuse, ShownColumn, TokenTree } from "../../token-outputs.ts";
import { isObject } from "../../tree-object.ts";
import type { FactContext } from "../facts/context.ts";
import type { ColumnName, Expression } from "../tree/expressions.ts";
import type {
  DerivedTable,
  Join,
  OrderItem,
  QueryBody,
  QueryExpression,
  Select,
  SelectItem,
  SetOperation,
  WithClause,
} from "../tree/queries.ts";
import { columnName, columnsIn } from "./fragments.ts";
import { nodesOf } from "./tree.ts";

/** What the tree of a query says that touches such columns. */
export function tokenTree(
  query: QueryExpression,
  references: FactContext["references"],
  shown: readonly ShownColumn[],
): TokenTree {
  const all = nodesIn(query);
  return {
    onlyShows:
      [...all.queries, ...all.selects].every(({ into }) => into === undefined) &&
      all.queries.every(({ procedure }) => procedure === undefined),
    hasUnion: all.setOperations.length > 0,
    misusedName: () => misusedName(query, all, references, shown),
  };
}

interface Nodes {
  readonly queries: readonly QueryExpression[];
  readonly selects: readonly Select[];
  readonly setOperations: readonly SetOperation[];
  readonly joins: readonly Join[];
  readonly derived: readonly DerivedTable[];
  readonly clauses: readonly WithClause[];
}

function nodesIn(root: QueryExpression): Nodes {
  const ofKind = <Kind>(kind: string) => nodesOf(root, new Set([kind])) as unknown as readonly Kind[];
  const queries = ofKind<QueryExpression>("query");
  return {
    queries,
    selects: ofKind("select"),
    setOperations: ofKind("set_operation"),
    joins: ofKind("join"),
    derived: ofKind("derived"),
    clauses: queries.flatMap((query) => query.with ?? []),
  };
}

/** `undefined` where every name is used as it may be. */
function misusedName(
  root: QueryExpression,
  all: Nodes,
  references: FactContext["references"],
  shown: readonly ShownColumn[],
): NameMisuse | undefined {
  const first = shown[0]?.column.name ?? "";
  const misuse = (how: string, column = first): NameMisuse => ({ column, how });
  if (all.clauses.some(({ isRecursive }) => isRecursive)) return misuse("WITH RECURSIVE");
  if (all.setOperations.some(({ operator, isAll }) => operator !== "union" || !isAll))
    return misuse("a set operation other than UNION ALL");
  const names = reachableNames(all, shown);
  const isReached = (column: ColumnName) =>
    names.has(columnName(column).toLowerCase()) && !isKnown(references.get(column), shown);
  const projected = new Set<unknown>(all.selects.flatMap(({ items }) => items.map(columnOf)));
  const nested = columnsIn(root).find((column) => !projected.has(column) && isReached(column));
  if (nested !== undefined) return misuse("an expression, a condition, a join or an order", columnName(nested));
  const closed = closedSelects(root);
  for (const select of all.selects) {
    const givesValue = closed.get(select);
    for (const item of givesValue === undefined ? [] : select.items) {
      const column = columnOf(item);
      if ((givesValue === true && isStar(item)) || (column !== undefined && isReached(column)))
        return misuse("a subquery that gives a value", column && columnName(column));
    }
    const how = misusedClause(select, (item) => isStar(item) || namesOf(item).some((name) => names.has(name)));
    if (how !== undefined) return misuse(how);
  }
  for (const { body, orderBy } of all.queries) {
    const carries = (item: SelectItem) => namesOf(item).some((name) => names.has(name));
    if (orderBy.some((item) => mayOrderBy(item, body, carries))) return misuse("ORDER BY");
  }
  for (const { type, using } of all.joins) {
    if (type.startsWith("natural")) return misuse("NATURAL JOIN");
    if (using.some(({ text }) => names.has(text.toLowerCase()))) return misuse("a join");
  }
  return undefined;
}

/** Whether name resolution found it to be other columns of relations. */
function isKnown(sources: readonly ShownColumn[] | undefined, shown: readonly ShownColumn[]): boolean {
  if (sources === undefined || sources.length === 0) return false;
  return sources.every(
    ({ relation, column }) => !shown.some((one) => one.relation === relation && one.column === column),
  );
}

/** Names of the columns, and those that AS and lists of columns give to what may be one of them. In lower case. */
function reachableNames({ selects, derived, clauses }: Nodes, shown: readonly ShownColumn[]): ReadonlySet<string> {
  const names = new Set(shown.map(({ column }) => column.name.toLowerCase()));
  const lists = [
    ...derived.filter(({ query }) => query.body.kind !== "values").map(({ columns }) => columns),
    ...clauses.flatMap(({ elements }) => elements.map(({ columns }) => columns)),
  ];
  for (const { text } of lists.flat()) names.add(text.toLowerCase());
  const items = selects.flatMap((select) => select.items);
  for (let before = -1; before !== names.size; ) {
    before = names.size;
    for (const item of items) {
      const column = columnOf(item);
      if (item.alias !== undefined && column !== undefined && names.has(columnName(column).toLowerCase()))
        names.add(item.alias.toLowerCase());
    }
  }
  return names;
}

/** A select list's column as it stands, in brackets at most. */
function columnOf({ expression }: SelectItem): ColumnName | undefined {
  let plain: Expression = expression;
  while (plain.kind === "row" && plain.values.length === 1) plain = plain.values[0] ?? plain;
  return plain.kind === "column" ? plain : undefined;
}

function isStar({ expression }: SelectItem): boolean {
  return expression.kind === "star";
}

function namesOf(item: SelectItem): readonly string[] {
  const column = columnOf(item);
  return column === undefined ? [] : [columnName(column).toLowerCase()];
}

/**
 * Queries whose columns become values of an expression, and whether such a value may be one of them as it is. EXISTS looks at none; IN and ANY
 * give booleans, and name resolution knows what their stars stand for.
 */
function closedSelects(root: unknown): ReadonlyMap<Select, boolean> {
  const closed = new Map<Select, boolean>();
  const close = (body: QueryBody, givesValue: boolean): void => {
    if (body.kind === "select") closed.set(body, givesValue);
    else if (body.kind === "query") close(body.body, givesValue);
    else if (body.kind === "set_operation") for (const side of [body.left, body.right]) close(side, givesValue);
  };
  for (const { kind, query } of nodesOf(root, subqueries)) {
    if (isObject(query)) close(query as unknown as QueryExpression, kind === "subquery");
  }
  return closed;
}

const subqueries: ReadonlySet<string> = new Set(["subquery", "in_subquery", "quantified"]);

/** Clauses of a query that do something with its columns without naming them. */
function misusedClause(select: Select, carries: (item: SelectItem) => boolean): string | undefined {
  if (!select.items.some(carries)) return undefined;
  if (select.options.includes("distinct")) return "DISTINCT";
  return select.groupBy.length > 0 || select.having !== undefined ? "GROUP BY" : undefined;
}

/** A number in ORDER BY is a position, and which column stands there is not always written. */
function mayOrderBy({ expression }: OrderItem, body: QueryBody, carries: (item: SelectItem) => boolean): boolean {
  if (expression.kind !== "literal" || expression.type !== "integer") return false;
  if (body.kind !== "select") return true;
  const position = Number(expression.text);
  const item = body.items[position - 1];
  return body.items.slice(0, position).some(isStar) || (item !== undefined && carries(item));
}
