/**
 * The rewritten text looked at once more, by itself: whatever the splices were meant to do, a protected relation may stand in it only inside
 * a generated query, and a filtered one only under its filter. Independent of name resolution and of how the text came about.
 */
import type { Relation } from "../../../catalog/catalog.ts";
import { expression } from "./fragments.ts";
import { filterCondition, type Protection } from "./protection.ts";
import { base } from "./protected-source.ts";
import { isSameTree } from "./same-tree.ts";
import { conjunctsOf, indexTree, isObject, type Site } from "./tree.ts";
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

function stands({ node, container }: Site, protection: Protection): boolean {
  const { alias } = node;
  const name = isObject(alias) ? String(alias["aliasname"]) : String(node["relname"]);
  if (container === undefined) return true;
  if (container.node["relation"] === node) {
    // A target: of INSERT there are no rows to filter, and MERGE is denied.
    return container.kind === "InsertStmt" || hasFilter(container.node["whereClause"], protection, quoteName(name));
  }
  return isObject(alias) && quoteName(name) === base && hasFilter(container.node["whereClause"], protection, base);
}

function hasFilter(whereClause: unknown, protection: Protection, alias: string): boolean {
  const filter = filterCondition(protection, alias);
  if (filter === undefined) return true;
  const [needed, found] = [conjunctsOf(expression(filter)), conjunctsOf(whereClause)];
  return needed.every((condition, index) => isSameTree(condition, found[index], new Map()));
}
