/**
 * The parse tree walked as what it is, JSON, without knowing its node types: what the rewriter looks for cannot hide in a
 * field that somebody forgot. Independent of name resolution.
 */
import { isObject, type TreeObject } from "../../tree-object.ts";

/** A statement or query whose names are looked up together. */
export interface Container {
  readonly kind: (typeof containerKinds)[number];
  readonly node: TreeObject;
  readonly parent: Container | undefined;
}

/** A field and the object that has it, innermost first. */
interface Path {
  readonly field: string;
  readonly object: TreeObject;
  readonly up: Path | undefined;
}

export interface Site {
  /** The node itself. */
  readonly node: TreeObject;
  /** The object that holds it under its type's name, in a list or a field; its own node where the field fixes the type. */
  readonly holder: TreeObject;
  /** Where the holder stands. */
  readonly path: Path | undefined;
  readonly container: Container | undefined;
  /** Names that WITH clauses give at this place. */
  readonly withNames: ReadonlySet<string>;
}

export interface TreeIndex {
  readonly rangeVars: readonly Site[];
  readonly columnRefs: readonly Site[];
  readonly containers: readonly Container[];
}

const containerKinds = ["SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"] as const;

interface Walk {
  readonly index: { rangeVars: Site[]; columnRefs: Site[]; containers: Container[] };
}

export function indexTree(root: unknown): TreeIndex {
  const walk: Walk = { index: { rangeVars: [], columnRefs: [], containers: [] } };
  visit(walk, root, undefined, undefined, new Set());
  return walk.index;
}

function visit(
  walk: Walk,
  value: unknown,
  path: Path | undefined,
  container: Container | undefined,
  withNames: ReadonlySet<string>,
): void {
  if (Array.isArray(value)) {
    for (const element of value) visit(walk, element, path, container, withNames);
    return;
  }
  if (!isObject(value)) return;
  if (isObject(value["RangeVar"])) {
    walk.index.rangeVars.push({ node: value["RangeVar"], holder: value, path, container, withNames });
  } else if (typeof value["relname"] === "string" && path?.field !== "RangeVar") {
    walk.index.rangeVars.push({ node: value, holder: value, path, container, withNames });
  }
  if (isObject(value["ColumnRef"])) {
    walk.index.columnRefs.push({ node: value["ColumnRef"], holder: value, path, container, withNames });
  }
  for (const [field, child] of Object.entries(value)) {
    const kind = containerKinds.find((one) => one === field);
    if (kind !== undefined && isObject(child)) {
      visitContainer(walk, kind, child, { field, object: value, up: path }, container, withNames);
    } else {
      visit(walk, child, { field, object: value, up: path }, container, withNames);
    }
  }
}

function visitContainer(
  walk: Walk,
  kind: Container["kind"],
  node: TreeObject,
  path: Path | undefined,
  parent: Container | undefined,
  outer: ReadonlySet<string>,
): void {
  const container: Container = { kind, node, parent };
  walk.index.containers.push(container);
  const names = new Set(outer);
  const clause = node["withClause"];
  if (isObject(clause)) {
    const queries = (Array.isArray(clause["ctes"]) ? clause["ctes"] : []).flatMap((cte: unknown) =>
      isObject(cte) && isObject(cte["CommonTableExpr"]) ? [cte["CommonTableExpr"]] : [],
    );
    const nameOf = (query: TreeObject) => String(query["ctename"]);
    // With RECURSIVE a query sees all of the list; without it, those before it.
    if (clause["recursive"] === true) for (const query of queries) names.add(nameOf(query));
    for (const query of queries) {
      visit(walk, query, { field: "withClause", object: node, up: path }, container, new Set(names));
      names.add(nameOf(query));
    }
  }
  for (const [field, child] of Object.entries(node)) {
    if (field === "withClause") continue;
    // The operands of a set operation are queries without the name of their type.
    if (kind === "SelectStmt" && (field === "larg" || field === "rarg") && isObject(child)) {
      visitContainer(walk, "SelectStmt", child, { field, object: node, up: path }, container, names);
    } else {
      visit(walk, child, { field, object: node, up: path }, container, names);
    }
  }
}

export function listOf(value: unknown): readonly TreeObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The text of a String node, as names are kept. */
export function stringOf(node: TreeObject): string | undefined {
  const text = node["String"];
  if (!isObject(text)) return undefined;
  return typeof text["sval"] === "string" ? text["sval"] : "";
}

/** The names of a ColumnRef, `*` as undefined. */
export function fieldNames(columnRef: TreeObject): readonly (string | undefined)[] {
  return listOf(columnRef["fields"]).map(stringOf);
}

/** The column names that a RangeVar's alias gives, for the first columns. */
export function aliasColumns(rangeVar: TreeObject): string[] {
  const alias = rangeVar["alias"];
  return isObject(alias) ? listOf(alias["colnames"]).map((name) => stringOf(name) ?? "") : [];
}

/** UTF-8 byte position; absent means 0 in the parser's JSON. */
export function locationOf(node: TreeObject): number {
  return typeof node["location"] === "number" ? node["location"] : 0;
}

/** The nodes of one type in a tree. */
export function everyNode(value: unknown, name: string, found: TreeObject[] = []): readonly TreeObject[] {
  if (Array.isArray(value)) {
    for (const element of value) everyNode(element, name, found);
  } else if (isObject(value)) {
    if (isObject(value[name])) found.push(value[name]);
    for (const child of Object.values(value)) everyNode(child, name, found);
  }
  return found;
}

/** The conditions that all have to hold for one to hold; none where there is none. */
export function conjunctsOf(condition: unknown): readonly TreeObject[] {
  return isObject(condition) ? conjuncts(condition) : [];
}

function conjuncts(node: TreeObject): readonly TreeObject[] {
  const bool = node["BoolExpr"];
  if (!isObject(bool) || bool["boolop"] !== "AND_EXPR") return [node];
  return listOf(bool["args"]).flatMap(conjuncts);
}
