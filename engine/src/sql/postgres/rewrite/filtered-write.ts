/**
 * Changes of a relation of which some rows are hidden: only rows that the principal sees are changed, and only such rows come about. The
 * target cannot be a subquery, so the filter joins the conditions; one that is not leakproof is asked only of rows that passed the filter.
 */
import { quoteName } from "../../../masks/quote.ts";
import type { RelationWrite } from "../resolution.ts";
import { nextAtLevel, whereSpan } from "./clauses.ts";
import { Denial } from "../../denial.ts";
import { insertAfter, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { filterMerge } from "./filtered-merge.ts";
import { expression } from "./fragments.ts";
import { guardCondition } from "./guarded-condition.ts";
import { checkCopied } from "./copied-rows.ts";
import { checkInserted } from "./inserted-rows.ts";
import { filterCondition, hiddenRows, type Protection } from "../../protection.ts";
import { endOfName, isToken } from "./source-text.ts";
import type { Rewriting, Target } from "./target.ts";
import { refuseTriggers } from "./triggers.ts";
import { checkUpdated } from "./updated-rows.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { aliasColumns, fieldNames, type TreeIndex } from "./tree.ts";

export function rewriteFilteredWrite(rewriting: Rewriting, write: RelationWrite, protection: Protection): void {
  if (write.kind === "copy_from") return checkCopied(rewriting, write, protection);
  const target = targetOf(rewriting, write, protection);
  refuseSystemColumns(rewriting.tree, target);
  refuseTriggers(rewriting.statement, write, protection);
  const { node } = target.container;
  switch (write.kind) {
    case "delete":
      filterRows(rewriting, target, node, target.after, namesOf(rewriting, target, write));
      break;
    case "update":
      checkUpdated(rewriting, target, node, target.after);
      filterRows(rewriting, target, node, target.after, namesOf(rewriting, target, write));
      break;
    case "insert":
      checkInserted(rewriting, target, write.given);
      updateOnConflict(rewriting, target);
      break;
    case "merge":
      filterMerge(rewriting, target, namesOf(rewriting, target, write));
      break;
    default:
      throw new Denial(unclear);
  }
}

function targetOf({ source, tree }: Rewriting, { rangeVar, relation }: RelationWrite, protection: Protection): Target {
  const container = tree.containers.find(({ node }) => node["relation"] === rangeVar);
  if (rangeVar === undefined || container === undefined) throw new Denial(unclear);
  let after = endOfName(source, tokenAt(source, rangeVar.location ?? 0));
  if (after === undefined) throw new Denial(unclear);
  const alias = rangeVar.alias?.aliasname;
  if (isToken(source, after, "*") || isToken(source, after, ")")) after++;
  if (alias !== undefined) {
    if (isToken(source, after, "as")) after++;
    after = endOfName(source, after);
    if (after === undefined) throw new Denial(unclear);
  }
  return { protection, container, after, name: alias ?? relation.name };
}

/** Adds the filter to the condition of UPDATE, DELETE or DO UPDATE. */
function filterRows(
  rewriting: Rewriting,
  target: Target,
  clause: TreeObject,
  start: number,
  names: ReadonlyMap<number, string>,
): void {
  const { source, edits } = rewriting;
  const { protection, name } = target;
  const filter = filterCondition(protection, quoteName(name));
  if (filter === undefined) throw new Denial(unclear);
  const { condition, end } = whereSpan(source, start);
  const { whereClause } = clause;
  if ((condition === undefined) !== (whereClause === undefined)) throw new Denial(unclear);
  if (condition === undefined || !isObject(whereClause)) {
    insertAfter(edits, source, end - 1, ` where ${filter}`);
    edits.expected.set(clause, [{ ...clause, whereClause: expression(filter) }]);
    return;
  }
  if (isObject(whereClause["CurrentOfExpr"])) {
    throw new Denial(
      `${hiddenRows(protection)}, and a cursor over them cannot be written through`,
      "use the row's key in WHERE",
    );
  }
  guardCondition(rewriting, target, whereClause, condition, names);
}

/** How the conditions of the statement itself call columns: those of the target, and of what stands beside it in FROM or USING. */
function namesOf(
  { tree, statement }: Rewriting,
  { container, name, protection }: Target,
  write: RelationWrite,
): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { position, column } of write.references) {
    if (!protection.columns.has(column.attnum)) names.set(position, `${quoteName(name)}.${quoteName(column.name)}`);
  }
  for (const { rangeVar, refName, references } of statement.reads) {
    const site = tree.rangeVars.find(({ node }) => node === rangeVar);
    if (site?.container !== container || aliasColumns(site.node).length > 0) continue;
    for (const { position, column } of references)
      names.set(position, `${quoteName(refName)}.${quoteName(column.name)}`);
  }
  return names;
}

/** A row that is in the way may be a hidden one: then nothing is done. */
function updateOnConflict(rewriting: Rewriting, target: Target): void {
  const clause = target.container.node["onConflictClause"];
  if (!isObject(clause) || clause["action"] !== "ONCONFLICT_UPDATE") return;
  const { source } = rewriting;
  let at = nextAtLevel(source, target.after, ["do"]);
  while (!isToken(source, at + 1, "update") || !isToken(source, at + 2, "set")) {
    if (!isToken(source, at, "do")) throw new Denial(unclear);
    at = nextAtLevel(source, at + 1, ["do"]);
  }
  checkUpdated(rewriting, target, clause, at + 2);
  filterRows(rewriting, target, clause, at + 3, new Map());
}

const systemColumns: ReadonlySet<string> = new Set(["ctid", "xmin", "cmin", "xmax", "cmax"]);

/** They tell where rows lie and when they were changed, and so of rows between. */
function refuseSystemColumns(tree: TreeIndex, { container, protection }: Target): void {
  const own = new Set(protection.relation.columns.map((column) => column.name));
  for (const { node, container: inner } of tree.columnRefs) {
    const name = fieldNames(node).at(-1);
    if (name === undefined || !systemColumns.has(name) || own.has(name)) continue;
    for (let level = inner; level !== undefined; level = level.parent) {
      if (level !== container) continue;
      throw new Denial(
        `${hiddenRows(protection)}, and ${quoteName(name)} would tell of those that you do not see`,
        "identify rows by their key",
      );
    }
  }
}
