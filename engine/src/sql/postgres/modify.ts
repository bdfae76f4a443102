import type {
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  MergeWhenClause,
  Node,
  OnConflictClause,
  RangeVar,
  ReturningClause,
  UpdateStmt,
} from "@pgsql/types";
import type { AccessKind } from "@penstock/language";
import { columnsByName } from "./catalog-index.ts";
import { useBit } from "../fact-sets.ts";
import { mark, positionOf, type QueryOutput, type StatementContext, type Where } from "./context.ts";
import { type QueryWalker, withClause } from "./ctes.ts";
import { expressions, used } from "./expressions.ts";
import { baseItem, fromClause, fromItem } from "./from.ts";
import { lookUpRelation } from "./relations.ts";
import { type CteScope, newItem, newScope, type RangeColumn, type RangeItem, type Scope } from "./scope.ts";
import { targetList, whereClause } from "./select.ts";

interface ModifyResult extends QueryOutput {
  readonly where: Where;
}

const noWhere: Where = { present: false, constant: false };

export function insert(
  context: StatementContext,
  fields: InsertStmt,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  walk: QueryWalker,
): ModifyResult {
  context.visited.add(fields);
  const ctes = withClause(context, fields.withClause, parent, outer, walk);
  const scope = newScope(parent, ctes);
  const target = targetItem(context, fields.relation, "insert");
  const given = fields.selectStmt === undefined ? undefined : walk(context, fields.selectStmt, parent, ctes);
  for (const { sources } of [...(given?.columns ?? []), { sources: given?.open ?? [] }]) {
    mark(sources, 0, "output");
    context.store(target, sources);
  }
  if (target.relation !== undefined) {
    const count = given?.open === undefined ? (given?.columns.length ?? 0) : undefined;
    context.write(target.relation, fields.relation, "insert", target.references, count);
  }
  const names = (fields.cols ?? []).flatMap((node) => {
    if (!("ResTarget" in node)) return [];
    expressions(context, node.ResTarget.indirection, scope, []);
    return [node.ResTarget.name ?? ""];
  });
  const columns = fields.cols === undefined ? target.columns.map((column) => column.name) : names;
  const written = fields.cols === undefined && given !== undefined ? columns.slice(0, writtenCount(given)) : names;
  for (const name of written) writeColumn(context, target, name, undefined);
  scope.items = [target];
  if (fields.onConflictClause !== undefined) {
    onConflict(context, fields.onConflictClause, target, excluded(target, columns, given), scope);
  }
  return { ...returning(context, fields.returningClause, scope, target, [target]), where: noWhere };
}

/** Without a column list the values fill the first columns. */
function writtenCount(given: QueryOutput): number {
  return given.open === undefined ? given.columns.length : Number.POSITIVE_INFINITY;
}

/** `excluded` is the row proposed for insertion: its values are those that the statement gives, nothing that is stored. */
function excluded(target: RangeItem, names: readonly string[], given: QueryOutput | undefined): RangeItem {
  const columns = target.columns.map((column): RangeColumn => {
    const from = given?.columns[names.indexOf(column.name)];
    return {
      kind: "column",
      name: column.name,
      sources: from?.sources ?? given?.open ?? [],
      direct: false,
      base: undefined,
    };
  });
  const item = newItem("excluded", columns, target.open);
  item.columnsVisible = false;
  return item;
}

function onConflict(
  context: StatementContext,
  fields: OnConflictClause,
  target: RangeItem,
  proposed: RangeItem,
  scope: Scope,
): void {
  for (const element of fields.infer?.indexElems ?? []) {
    if ("IndexElem" in element && element.IndexElem.name !== undefined) {
      const column = target.byName.get(element.IndexElem.name);
      if (column !== undefined) mark(column.sources, 0, "condition");
    }
    used(context, [element], scope, "condition");
  }
  if (fields.infer?.whereClause !== undefined) used(context, [fields.infer.whereClause], scope, "condition");
  if (fields.action !== "ONCONFLICT_UPDATE") return;
  if (target.relation !== undefined) context.access(target.relation, "update");
  scope.items = [target, proposed];
  assignments(context, fields.targetList, target, scope);
  whereClause(context, fields.whereClause, scope);
  scope.items = [target];
}

export function update(
  context: StatementContext,
  fields: UpdateStmt,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  walk: QueryWalker,
): ModifyResult {
  context.visited.add(fields);
  const ctes = withClause(context, fields.withClause, parent, outer, walk);
  const scope = newScope(parent, ctes);
  const target = targetItem(context, fields.relation, "update");
  fromWithTarget(context, fields.fromClause, target, scope);
  assignments(context, fields.targetList, target, scope);
  const where = whereClause(context, fields.whereClause, scope);
  return { ...returning(context, fields.returningClause, scope, target, scope.items), where };
}

export function remove(
  context: StatementContext,
  fields: DeleteStmt,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  walk: QueryWalker,
): ModifyResult {
  context.visited.add(fields);
  const ctes = withClause(context, fields.withClause, parent, outer, walk);
  const scope = newScope(parent, ctes);
  const target = targetItem(context, fields.relation, "delete");
  fromWithTarget(context, fields.usingClause, target, scope);
  const where = whereClause(context, fields.whereClause, scope);
  return { ...returning(context, fields.returningClause, scope, target, scope.items), where };
}

/** The target is in scope of WHERE and SET, not of LATERAL items in FROM or USING. */
function fromWithTarget(
  context: StatementContext,
  nodes: readonly Node[] | undefined,
  target: RangeItem,
  scope: Scope,
): void {
  fromClause(context, nodes, scope);
  if (nodes !== undefined && nodes.length > 0) context.joins++;
  scope.items = [target, ...scope.items];
}

export function merge(
  context: StatementContext,
  fields: MergeStmt,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  walk: QueryWalker,
): ModifyResult {
  context.visited.add(fields);
  const ctes = withClause(context, fields.withClause, parent, outer, walk);
  const scope = newScope(parent, ctes);
  const target = targetItem(context, fields.relation, "merge");
  const source = fields.sourceRelation === undefined ? [] : fromItem(context, fields.sourceRelation, scope);
  context.joins++;
  scope.items = [target, ...source];
  if (fields.joinCondition !== undefined) used(context, [fields.joinCondition], scope, "join");
  for (const node of fields.mergeWhenClauses ?? []) {
    if ("MergeWhenClause" in node) mergeAction(context, node.MergeWhenClause, target, source, scope);
  }
  scope.items = [target, ...source];
  // In MERGE's RETURNING a star means the source's columns first.
  return { ...returning(context, fields.returningClause, scope, target, [...source, target]), where: noWhere };
}

const mergeAccess: Readonly<Record<string, AccessKind>> = {
  CMD_INSERT: "insert",
  CMD_UPDATE: "update",
  CMD_DELETE: "delete",
};

function mergeAction(
  context: StatementContext,
  fields: MergeWhenClause,
  target: RangeItem,
  source: readonly RangeItem[],
  scope: Scope,
): void {
  const access = mergeAccess[fields.commandType ?? ""];
  if (access !== undefined && target.relation !== undefined) context.access(target.relation, access);
  switch (fields.matchKind) {
    case "MERGE_WHEN_NOT_MATCHED_BY_SOURCE":
      scope.items = [target];
      break;
    case "MERGE_WHEN_NOT_MATCHED_BY_TARGET":
      scope.items = [...source];
      break;
    default:
      scope.items = [target, ...source];
  }
  if (fields.condition !== undefined) used(context, [fields.condition], scope, "condition");
  if (fields.commandType === "CMD_INSERT") {
    const names = (fields.targetList ?? []).flatMap((node) => ("ResTarget" in node ? [node.ResTarget.name ?? ""] : []));
    for (const node of fields.targetList ?? []) {
      if ("ResTarget" in node) expressions(context, node.ResTarget.indirection, scope, []);
    }
    const all = target.columns.map((column) => column.name).slice(0, fields.values?.length ?? 0);
    for (const name of names.length > 0 ? names : all) writeColumn(context, target, name, undefined);
    context.store(target, used(context, fields.values, scope, "argument"));
    return;
  }
  assignments(context, fields.targetList, target, scope);
}

/** What a statement changes: reported as written, and not as a read that could be replaced by a subquery. */
function targetItem(
  context: StatementContext,
  rangeVar: RangeVar | undefined,
  kind: "insert" | "update" | "delete" | "merge",
): RangeItem {
  if (rangeVar === undefined) return newItem(undefined, [], []);
  context.visited.add(rangeVar);
  const name = rangeVar.alias?.aliasname ?? rangeVar.relname;
  // Its columns are read too, by WHERE, SET and RETURNING: a name that has changed its meaning must not pass.
  const found = lookUpRelation(context, rangeVar, kind !== "insert");
  if (found === undefined) return newItem(name, [], []);
  if (kind !== "merge") context.access(found.relation, kind);
  else if (!context.tables.has(found.relation)) context.tables.set(found.relation, 0);
  const item = baseItem(context, rangeVar, found.relation, found.open, undefined);
  // What an INSERT writes is known when its query has been walked.
  if (kind !== "insert") context.write(found.relation, rangeVar, kind, item.references);
  return item;
}

/** SET: targets are written, sources are arguments. */
function assignments(
  context: StatementContext,
  nodes: readonly Node[] | undefined,
  target: RangeItem,
  scope: Scope,
): void {
  for (const node of nodes ?? []) {
    if (!("ResTarget" in node)) continue;
    const { name, val, indirection, location } = node.ResTarget;
    expressions(context, indirection, scope, []);
    writeColumn(context, target, name ?? "", positionOf(location));
    if (val !== undefined) context.store(target, used(context, [val], scope, "argument"));
  }
}

function writeColumn(context: StatementContext, target: RangeItem, name: string, position: number | undefined): void {
  const { relation } = target;
  if (relation === undefined) return;
  const column = columnsByName(relation).get(name);
  if (column !== undefined) context.source(relation, column).uses |= useBit.write;
  else if (target.open === undefined) context.addUnknown("column", name, position);
}

/** RETURNING sees the target and what was joined to it; `old` and `new`, or the names that WITH gives them, mean the target. */
function returning(
  context: StatementContext,
  clause: ReturningClause | undefined,
  scope: Scope,
  target: RangeItem,
  items: readonly RangeItem[],
): QueryOutput {
  if (clause === undefined) return { columns: [], open: undefined };
  let oldName = "old";
  let newName = "new";
  for (const node of clause.options ?? []) {
    if (!("ReturningOption" in node)) continue;
    const { option, value = "" } = node.ReturningOption;
    if (option === "RETURNING_OPTION_OLD") oldName = value;
    else newName = value;
  }
  const versions = [oldName, newName]
    .filter((name) => !items.some((item) => item.name === name))
    .map((name) => versionOf(target, name));
  scope.items = [...items, ...versions];
  if (target.relation !== undefined) context.access(target.relation, "read");
  return targetList(context, clause.exprs, scope);
}

/** The target's row before or after the change. */
export function versionOf(target: RangeItem, name: string): RangeItem {
  return { ...newItem(name, target.columns, target.open), relation: target.relation, columnsVisible: false };
}
