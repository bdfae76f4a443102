/**
 * A masked column of what is written is read through its mask only, and not written, since a form that saves what it loaded would destroy the
 * real values.
 */
import { quoteName } from "../../../masks/quote.ts";
import type { RelationWrite, ResolvedStatement } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import { type Edits } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import type { Protection } from "../../protection.ts";
import type { SourceText } from "./source-text.ts";
import { maskTarget, targetNames } from "./target-masks.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { type Container, everyNode, fieldNames, listOf, type Site, type TreeIndex } from "./tree.ts";

export function checkWriteTarget(
  source: SourceText,
  tree: TreeIndex,
  statement: ResolvedStatement,
  write: RelationWrite,
  masks: Protection,
  edits: Edits,
): void {
  const container = tree.containers.find(({ node }) => node["relation"] === write.rangeVar);
  if (masks.columns.size === 0) return;
  if (write.kind !== "copy_from" && (write.rangeVar === undefined || container === undefined))
    throw new Denial(unclear);
  const masked =
    container === undefined ? new Set<TreeObject>() : maskTarget(source, tree, container, write, masks, edits);
  // Then the facts do not tell whose column is used, the target's or the masked source's.
  const isReadToo = statement.reads.some(({ relation }) => relation.path === write.relation.path);
  for (const { column } of masks.columns.values()) {
    const fact = statement.facts.columns.find(
      (one) => one.relation.path === write.relation.path && one.column.attnum === column.attnum,
    );
    const uses = new Set(fact?.uses);
    if (container?.kind === "InsertStmt" && uses.size === 1 && isOnlyDefault(container.node, column.name, masks))
      continue;
    const label = `column ${quoteName(column.name)} of ${write.relation.path}`;
    if (uses.has("write")) {
      throw new Denial(
        `${label} is masked for you, so you may not write it`,
        "leave the column out, or ask for a role for which it is not masked",
      );
    }
    if ((uses.size > 0 && !isReadToo && masked.size === 0) || isInferred(container, column.name)) {
      throw new Denial(
        `${label} is masked for you, and a statement that changes ${write.relation.path} cannot read it`,
        "leave the column out",
      );
    }
  }
  if (container !== undefined) checkReferences(tree, container, masks, masked, isReadToo);
}

/** Whether ON CONFLICT names the column, and so asks for its values. */
function isInferred(container: Container | undefined, name: string): boolean {
  const infer = everyNode(container?.node["onConflictClause"], "IndexElem");
  return infer.some((element) => element["name"] === name);
}

/** Whether an INSERT gives the column nothing but DEFAULT. */
function isOnlyDefault(insert: TreeObject, name: string, { relation }: Protection): boolean {
  const query = insert["selectStmt"];
  if (query === undefined) return true;
  const select = isObject(query) ? query["SelectStmt"] : undefined;
  if (!isObject(select) || !Array.isArray(select["valuesLists"])) return false;
  const listed = listOf(insert["cols"]).map(({ ResTarget: target }) => (isObject(target) ? target["name"] : undefined));
  const names = listed.length > 0 ? listed : relation.columns.map((column) => column.name);
  const position = names.indexOf(name);
  return listOf(select["valuesLists"]).every(({ List: list }) => {
    const value = isObject(list) ? listOf(list["items"])[position] : undefined;
    return value === undefined ? listed.length === 0 : isObject(value["SetToDefault"]);
  });
}

/**
 * The same once more from the tree alone, without name resolution: no reference at the level of the statement itself may be able to mean
 * a masked column of the target, but those that give masked values.
 * @param strict nor may one without qualifier in a query inside it.
 */
function checkReferences(
  tree: TreeIndex,
  container: Container,
  masks: Protection,
  masked: ReadonlySet<TreeObject>,
  strict: boolean,
): void {
  const { names } = targetNames(container.node);
  const hidden = new Set([...masks.columns.values()].map(({ column }) => column.name));
  for (const site of tree.columnRefs) {
    if (masked.has(site.node) || !isWithin(site.container, container)) continue;
    const fields = fieldNames(site.node);
    const last = fields.at(-1);
    const qualifier = fields.at(-2);
    const isOwnLevel = site.container === container && !isInFrom(site);
    const meansTarget = qualifier === undefined ? isOwnLevel || (strict && last !== undefined) : names.has(qualifier);
    const isWholeRow =
      fields.length === 1 &&
      last !== undefined &&
      names.has(last) &&
      !masks.relation.columns.some(({ name }) => name === last);
    if (isWholeRow || (meansTarget && (last === undefined || hidden.has(last)))) {
      throw new Denial(
        `a statement that changes ${masks.relation.path} cannot read ${last === undefined || isWholeRow ? "its whole row" : `its column ${quoteName(last)}`}: columns of it are masked for you`,
        "name only columns that are not masked",
      );
    }
  }
}

/** In the queries that an INSERT or a FROM clause reads, the target is not visible. */
function isInFrom(site: Site): boolean {
  for (let path = site.path; path !== undefined; path = path.up) {
    if (path.object === site.container?.node) {
      return path.field === "fromClause" || path.field === "usingClause" || path.field === "sourceRelation";
    }
  }
  return false;
}

function isWithin(inner: Container | undefined, outer: Container): boolean {
  for (let level = inner; level !== undefined; level = level.parent) if (level === outer) return true;
  return false;
}
