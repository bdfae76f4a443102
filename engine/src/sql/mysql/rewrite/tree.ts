/** The tree looked at without knowing what its nodes are, so that nothing in it is passed over. */
import { sameTree } from "../../same-tree.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import type { TableName, WithElement } from "../tree/queries.ts";

/** Where a name stands that may mean a relation. */
export interface TableSite {
  readonly table: TableName;
  /** Names of WITH that the place sees. */
  readonly ctes: readonly string[];
  /** Objects around it, from the outside in. */
  readonly path: readonly TreeObject[];
}

/** Every table by its name, in FROM or as a target. */
export function tablesIn(root: unknown): TableSite[] {
  const found: TableSite[] = [];
  visit(root, [], [], found);
  return found;
}

function visit(value: unknown, path: readonly TreeObject[], ctes: readonly string[], found: TableSite[]): void {
  if (Array.isArray(value)) {
    for (const each of value) visit(each, path, ctes, found);
    return;
  }
  if (!isObject(value)) return;
  if (value["kind"] === "table" && isObject(value["name"]))
    found.push({ table: value as unknown as TableName, ctes, path });
  const inside = [...path, value];
  const clause = value["with"];
  const visible = isObject(clause) ? withCtes(clause, inside, ctes, found) : ctes;
  for (const [field, child] of Object.entries(value)) if (field !== "with") visit(child, inside, visible, found);
}

/** Each query of WITH sees those before it, of WITH RECURSIVE all of them. */
function withCtes(
  clause: TreeObject,
  path: readonly TreeObject[],
  ctes: readonly string[],
  found: TableSite[],
): readonly string[] {
  const elements = clause["elements"] as readonly WithElement[];
  const all = [...ctes, ...elements.map(({ name }) => name.text)];
  for (const [index, { query }] of elements.entries()) {
    visit(query, path, clause["isRecursive"] === true ? all : all.slice(0, ctes.length + index), found);
  }
  return all;
}

/** Every node of some kinds. */
export function nodesOf(root: unknown, kinds: ReadonlySet<string>): TreeObject[] {
  const found: TreeObject[] = [];
  const search = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const each of value) search(each);
    } else if (isObject(value)) {
      if (kinds.has(String(value["kind"]))) found.push(value);
      for (const child of Object.values(value)) search(child);
    }
  };
  search(root);
  return found;
}

/** Places in the text are no difference. */
export const isSameTree = sameTree(
  (field, value) => typeof value === "number" && (field === "start" || field === "end"),
);
