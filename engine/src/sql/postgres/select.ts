import type { LockingClause, Node, SelectStmt } from "@pgsql/types";
import { columnReference, findItem, isStar, noteSchemaQualified, useColumn } from "./columns.ts";
import { distinct, mark, type QueryOutput, type StatementContext, strings, type Where } from "./context.ts";
import { type QueryWalker, withClause } from "./ctes.ts";
import { expression, rowElement, used, windowDefinition } from "./expressions.ts";
import { fromClause } from "./from.ts";
import { functionalDependents, type GroupKey } from "./grouping.ts";
import { createRelation } from "./new-relations.ts";
import { outputName } from "./output-names.ts";
import { type CteScope, newItem, newScope, type RangeColumn, type Scope, type Source } from "./scope.ts";

interface SelectResult extends QueryOutput {
  readonly where: Where;
  /** Constant LIMIT. */
  readonly limit: number | undefined;
}

/** Walks SELECT in all its forms: plain, set operation, VALUES, TABLE. */
export function select(
  context: StatementContext,
  fields: SelectStmt,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  walk: QueryWalker,
  onFirstBranch?: (output: QueryOutput) => void,
): SelectResult {
  context.visited.add(fields);
  // Where INTO does not belong, it is the server that refuses it.
  createRelation(context, fields.intoClause?.rel, "table");
  const ctes = withClause(context, fields.withClause, parent, outer, walk);
  const scope = newScope(parent, ctes);
  if (fields.larg !== undefined && fields.rarg !== undefined) {
    const left = select(context, fields.larg, parent, ctes, walk, onFirstBranch);
    onFirstBranch?.(left);
    const right = select(context, fields.rarg, parent, ctes, walk);
    const output = union(left, right);
    sortAndLimit(context, fields, output, scope);
    const where: Where = {
      present: left.where.present && right.where.present,
      constant: left.where.constant || right.where.constant,
    };
    return { ...output, where, limit: constantLimit(fields) };
  }
  if (fields.valuesLists !== undefined) {
    const output = values(context, fields.valuesLists, scope);
    // The server's own name for the rows: ORDER BY can use it, and `pg_get_viewdef` prints it.
    scope.items.push(newItem("*VALUES*", output.columns, output.open));
    sortAndLimit(context, fields, output, scope);
    return { ...output, where: { present: false, constant: false }, limit: constantLimit(fields) };
  }
  const readsBefore = context.reads.length;
  fromClause(context, fields.fromClause, scope);
  if (isTableCommand(fields)) for (const read of context.reads.slice(readsBefore)) read.isTableCommand = true;
  const where = whereClause(context, fields.whereClause, scope);
  scope.grouping = fields.groupClause !== undefined;
  const output = targetList(context, fields.targetList, scope);
  if (fields.havingClause !== undefined) used(context, [fields.havingClause], scope, "filter");
  for (const window of fields.windowClause ?? []) {
    if ("WindowDef" in window) windowDefinition(context, window.WindowDef, scope, []);
  }
  distinctClause(context, fields.distinctClause, output, scope);
  sortAndLimit(context, fields, output, scope);
  scope.grouping = false;
  if (fields.groupClause !== undefined) {
    const keys = groupKeys(context, fields.groupClause, output, scope);
    functionalDependents(context, scope, keys);
  }
  for (const clause of fields.lockingClause ?? []) {
    if ("LockingClause" in clause) lock(context, clause.LockingClause, scope);
  }
  return { ...output, where, limit: constantLimit(fields) };
}

/** `TABLE x` is `SELECT * FROM x` in the tree, with a star that has no place in the text. */
function isTableCommand(fields: SelectStmt): boolean {
  const [target] = fields.targetList ?? [];
  if (target === undefined || !("ResTarget" in target) || target.ResTarget.location !== -1) return false;
  return fields.targetList?.length === 1;
}

/** Walks WHERE. It is constant when it refers to no column of its own level. */
export function whereClause(context: StatementContext, node: Node | undefined, scope: Scope): Where {
  if (node === undefined) return { present: false, constant: false };
  const before = scope.references;
  used(context, [node], scope, "filter");
  return { present: true, constant: scope.references === before };
}

/** Walks a select list or RETURNING. */
export function targetList(context: StatementContext, nodes: readonly Node[] | undefined, scope: Scope): QueryOutput {
  const columns: RangeColumn[] = [];
  let open: readonly Source[] | undefined;
  for (const node of nodes ?? []) {
    if (!("ResTarget" in node)) {
      expression(context, node, scope, []);
      continue;
    }
    const { val, name } = node.ResTarget;
    if (val === undefined) continue;
    if ("ColumnRef" in val && isStar(val.ColumnRef)) {
      const star = expandStar(context, val.ColumnRef, scope);
      if (star !== undefined) {
        columns.push(...star.columns);
        if (star.open !== undefined) open = [...(open ?? []), ...star.open];
        continue;
      }
    }
    const sources: Source[] = [];
    const value = expression(context, val, scope, sources);
    // `(row).*`: columns that are not known, all from what the row comes from.
    if ("A_Indirection" in val && endsInStar(val.A_Indirection.indirection)) {
      open = [...(open ?? []), ...sources];
      continue;
    }
    columns.push({
      kind: "column",
      name: name ?? outputName(val),
      sources: distinct(sources),
      direct: value?.kind === "column" && value.direct && value.sources.length === 1,
      base: undefined,
    });
  }
  return { columns, open: open === undefined ? undefined : distinct(open) };
}

function endsInStar(steps: readonly Node[] | undefined): boolean {
  const last = steps?.at(-1);
  return last !== undefined && "A_Star" in last;
}

function expandStar(
  context: StatementContext,
  ref: Parameters<typeof isStar>[0],
  scope: Scope,
): QueryOutput | undefined {
  const parts = strings(ref.fields);
  const columns: RangeColumn[] = [];
  let open: readonly Source[] | undefined;
  const add = (level: Scope, item: Scope["items"][number]): void => {
    const discard: Source[] = [];
    for (const column of item.columns) {
      useColumn(level, item, column, discard);
      columns.push(column.base === undefined ? column : { ...column, base: undefined });
    }
    level.references++;
    if (item.open !== undefined) open = [...(open ?? []), ...item.open];
  };
  if (parts.length === 1) {
    context.visited.add(ref);
    for (const item of scope.items) if (item.columnsVisible) add(scope, item);
    return { columns, open };
  }
  const schema = parts.at(-3);
  const found = findItem(scope, schema, parts.at(-2) ?? "");
  if (found === undefined) {
    columnReference(context, ref, scope, []);
    return { columns: [], open: [] };
  }
  context.visited.add(ref);
  if (schema !== undefined) noteSchemaQualified(found.item, ref);
  add(found.level, found.item);
  return { columns, open };
}

function union(left: QueryOutput, right: QueryOutput): QueryOutput {
  const columns = left.columns.map((column, index) => {
    const other = right.columns[index];
    const more = other?.sources ?? right.open ?? [];
    const sources = distinct([...column.sources, ...more]);
    const direct = column.direct && other?.direct === true && sources.length === 1;
    return { ...column, sources, direct, base: undefined };
  });
  if (left.open === undefined && right.open === undefined) return { columns, open: undefined };
  // Which column of one side meets which of the other is not known.
  const all = distinct([
    ...columns.flatMap((column) => column.sources),
    ...right.columns.flatMap((column) => column.sources),
    ...(left.open ?? []),
    ...(right.open ?? []),
  ]);
  const mixed = columns.map(
    ({ kind, name }): RangeColumn => ({ kind, name, sources: all, direct: false, base: undefined }),
  );
  return { columns: mixed, open: all };
}

/** VALUES: columns are named column1, column2 and so on. */
function values(context: StatementContext, rows: readonly Node[], scope: Scope): QueryOutput {
  const lists: Source[][] = [];
  let expanded = false;
  for (const row of rows) {
    const items = "List" in row ? (row.List.items ?? []) : [row];
    items.forEach((item, index) => {
      if ("A_Const" in item) {
        lists[index] ??= [];
        return;
      }
      if ("ColumnRef" in item && isStar(item.ColumnRef)) expanded = true;
      rowElement(context, item, scope, (lists[index] ??= []));
    });
  }
  const columns = lists.map((sources, index) => ({
    kind: "column" as const,
    name: `column${index + 1}`,
    sources: distinct(sources),
    direct: false,
    base: undefined,
  }));
  return { columns, open: expanded ? distinct(lists.flat()) : undefined };
}

function distinctClause(
  context: StatementContext,
  nodes: readonly Node[] | undefined,
  output: QueryOutput,
  scope: Scope,
): void {
  for (const node of nodes ?? []) {
    if (Object.keys(node).length === 0) markOutput(output, "group");
    else clauseExpression(context, node, output, scope, "group");
  }
}

function markOutput(output: QueryOutput, use: "group" | "output"): void {
  for (const column of output.columns) mark(column.sources, 0, use);
  if (output.open !== undefined) mark(output.open, 0, use);
}

function sortAndLimit(context: StatementContext, fields: SelectStmt, output: QueryOutput, scope: Scope): void {
  for (const sort of fields.sortClause ?? []) {
    if ("SortBy" in sort && sort.SortBy.node !== undefined) {
      clauseExpression(context, sort.SortBy.node, output, scope, "order");
      const { node: _, ...rest } = sort.SortBy;
      expression(context, { SortBy: rest }, scope, []);
    } else {
      used(context, [sort], scope, "order");
    }
  }
  if (fields.limitCount !== undefined) used(context, [fields.limitCount], scope, "filter");
  if (fields.limitOffset !== undefined) used(context, [fields.limitOffset], scope, "filter");
}

/** ORDER BY and DISTINCT ON: a bare name is an output column first, a number a position. */
function clauseExpression(
  context: StatementContext,
  node: Node,
  output: QueryOutput,
  scope: Scope,
  use: "order" | "group",
): void {
  const position = constantPosition(node);
  if (position !== undefined) {
    const column = output.columns[position - 1];
    if (column !== undefined) mark(column.sources, 0, use);
    else if (output.open !== undefined) mark(output.open, 0, use);
    return;
  }
  const name = bareName(node);
  if (name !== undefined && "ColumnRef" in node) {
    const named = output.columns.filter((column) => column.name === name);
    if (named.length > 0) {
      context.visited.add(node.ColumnRef);
      for (const column of named) mark(column.sources, 0, use);
      return;
    }
    if (output.open !== undefined) mark(output.open, 0, use);
    if (scope.items.length === 0 && scope.parent === undefined && output.open !== undefined) {
      context.visited.add(node.ColumnRef);
      return;
    }
  }
  used(context, [node], scope, use);
}

/** GROUP BY: a bare name is an input column first, an output column second. */
function groupKeys(
  context: StatementContext,
  nodes: readonly Node[],
  output: QueryOutput,
  scope: Scope,
): GroupKey[] | undefined {
  const keys: GroupKey[] = [];
  let plain = true;
  const add = (node: Node): void => {
    if ("GroupingSet" in node) {
      plain = false;
      for (const each of node.GroupingSet.content ?? []) add(each);
      return;
    }
    const position = constantPosition(node);
    if (position !== undefined) {
      const column = output.columns[position - 1];
      if (column !== undefined) mark(column.sources, 0, "group");
      else if (output.open !== undefined) mark(output.open, 0, "group");
      if ("A_Const" in node) {
        keys.push({
          sources: column?.direct === true ? column.sources : [],
          item: undefined,
          position: node.A_Const.location ?? 0,
        });
      }
      return;
    }
    const name = bareName(node);
    if (name !== undefined && "ColumnRef" in node && !isInputColumn(scope, name)) {
      const named = output.columns.filter((column) => column.name === name);
      if (named.length > 0) {
        context.visited.add(node.ColumnRef);
        for (const column of named) mark(column.sources, 0, "group");
        const [first] = named;
        keys.push({
          sources: first?.direct === true ? first.sources : [],
          item: undefined,
          position: node.ColumnRef.location ?? 0,
        });
        return;
      }
    }
    const sources: Source[] = [];
    const value = expression(context, node, scope, sources);
    mark(sources, 0, "group");
    if ("ColumnRef" in node && value?.kind === "column") {
      keys.push({ sources, item: value.base, position: node.ColumnRef.location ?? 0 });
    }
  };
  for (const node of nodes) add(node);
  return plain ? keys : undefined;
}

function isInputColumn(scope: Scope, name: string): boolean {
  return scope.items.some((item) => item.columnsVisible && item.byName.get(name) !== undefined);
}

function bareName(node: Node): string | undefined {
  if (!("ColumnRef" in node) || node.ColumnRef.fields?.length !== 1 || isStar(node.ColumnRef)) return undefined;
  return strings(node.ColumnRef.fields)[0];
}

function constantPosition(node: Node): number | undefined {
  return "A_Const" in node && node.A_Const.ival !== undefined ? (node.A_Const.ival.ival ?? 0) : undefined;
}

function constantLimit(fields: SelectStmt): number | undefined {
  const count = fields.limitCount;
  if (count === undefined || !("A_Const" in count)) return undefined;
  if (count.A_Const.ival !== undefined) return count.A_Const.ival.ival ?? 0;
  if (count.A_Const.fval !== undefined) return Number(count.A_Const.fval.fval);
  return undefined;
}

/** FOR UPDATE and the like name items of FROM, not relations. */
function lock(context: StatementContext, fields: LockingClause, scope: Scope): void {
  const names = new Set<string>();
  for (const node of fields.lockedRels ?? []) {
    if (!("RangeVar" in node)) continue;
    context.visited.add(node.RangeVar);
    names.add(node.RangeVar.relname ?? "");
  }
  for (const item of scope.bases) {
    if (item.relation === undefined) continue;
    if (fields.lockedRels === undefined || names.has(item.name ?? "")) context.access(item.relation, "lock");
  }
}
