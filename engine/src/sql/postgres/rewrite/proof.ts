/**
 * The rewritten text looked at once more, by itself: whatever the splices were meant to do, a protected relation may stand in it only inside
 * a generated query, and a filtered one only under its filter. Independent of name resolution and of how the text came about.
 */
import type { Relation } from "../../../catalog/catalog.ts";
import { checksCopied } from "./copied-rows.ts";
import { expression } from "./fragments.ts";
import { equalitySides, isOfUnmatchedTarget } from "./filtered-merge.ts";
import { filterCondition, type Protection } from "../../protection.ts";
import { base } from "./protected-source.ts";
import { isSameTree } from "./same-tree.ts";
import { isObject } from "../../tree-object.ts";
import { type Container, conjunctsOf, indexTree, listOf, type Site } from "./tree.ts";
import { quoteName } from "../../../masks/quote.ts";

/** @param inlined views that must not be named at all: their definitions stand for them. */
export function isProtected(
  root: unknown,
  protections: ReadonlyMap<string, Protection>,
  inlined: readonly { readonly view: Relation }[],
): boolean {
  return indexTree(root).rangeVars.every(
    (site) =>
      isName(site) ||
      (!inlined.some(({ view }) => couldBe(site, view)) &&
        [...protections.values()].every(
          (protection) => !couldBe(site, protection.relation) || stands(site, protection),
        )),
  );
}

function couldBe({ node, withNames }: Site, relation: Relation): boolean {
  const { relname: name, schemaname: schema } = node;
  if (name !== relation.name) return false;
  return schema === undefined ? !withNames.has(relation.name) : schema === relation.schema;
}

/** Names of FROM items to lock, and of what the statement creates, are no reads. */
function isName({ path }: Site): boolean {
  return path?.field === "lockedRels" || path?.field === "rel" || path?.field === "view";
}

function stands({ node, container, path }: Site, protection: Protection): boolean {
  const { alias } = node;
  const name = isObject(alias) ? String(alias["aliasname"]) : String(node["relname"]);
  if (path?.field === "relation" && path.up?.field === "CopyStmt") {
    return path.object["is_from"] === true && checksCopied(path.object, protection);
  }
  if (container === undefined) return true;
  if (container.node["relation"] === node) {
    // A target: of INSERT there are no rows to filter.
    if (container.kind === "InsertStmt") return true;
    return conditionsOnTarget(container).every((condition) => hasFilter(condition, protection, quoteName(name)));
  }
  return isObject(alias) && quoteName(name) === base && hasFilter(container.node["whereClause"], protection, base);
}

/** Those that each choose rows of what is changed. */
function conditionsOnTarget({ kind, node }: Container): readonly unknown[] {
  if (kind !== "MergeStmt") return [node["whereClause"]];
  const clauses = listOf(node["mergeWhenClauses"]).map(({ MergeWhenClause: clause }) =>
    isObject(clause) ? clause : {},
  );
  return [node["joinCondition"], ...clauses.filter(isOfUnmatchedTarget).map((clause) => clause["condition"])];
}

function hasFilter(condition: unknown, protection: Protection, alias: string): boolean {
  const filter = filterCondition(protection, alias);
  if (filter === undefined) return true;
  const needed = expression(filter);
  const found = conjunctsOf(condition);
  if (conjunctsOf(needed).every((one, index) => isSameTree(one, found[index], new Map()))) return true;
  // Of FULL JOIN: each an equality with what is NULL for hidden rows.
  return (
    found.length > 0 &&
    found.every((each) =>
      equalitySides(each).some(({ CaseExpr: choice }) => {
        const [when, second] = listOf(isObject(choice) ? choice["args"] : undefined).map(({ CaseWhen: arm }) => arm);
        if (!isObject(choice) || !isObject(when) || second !== undefined || choice["defresult"] !== undefined)
          return false;
        return choice["arg"] === undefined && isSameTree(needed, when["expr"], new Map());
      }),
    )
  );
}
