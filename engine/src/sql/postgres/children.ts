import type { Node } from "@pgsql/types";
import { grammar, type NodeName } from "./grammar.ts";

/** A field that holds nodes: wrapped in their type's name, alone or in a list, or one node of a type that the field fixes. */
interface ChildField {
  readonly field: string;
  readonly role: "node" | "nodes" | NodeName;
}

/** Fields with nodes in them, by node type, from the table of the grammar. */
const childFields = new Map<string, readonly ChildField[]>(
  Object.entries(grammar).map(([name, fields]) => [name, fields === "analysed" ? [] : childFieldsOf(fields)]),
);

function childFieldsOf(fields: Readonly<Record<string, unknown>>): readonly ChildField[] {
  const children: ChildField[] = [];
  for (const [field, role] of Object.entries(fields)) {
    if (typeof role === "string" && role !== "data" && role !== "never") {
      children.push({ field, role: role as ChildField["role"] });
    }
  }
  return children;
}

/** Calls `visit` with every node directly below a node, in the order of the grammar's fields. */
export function eachChild(kind: string, fields: object, visit: (kind: NodeName, fields: object) => void): void {
  for (const { field, role } of childFields.get(kind) ?? []) {
    if (!Object.hasOwn(fields, field)) continue;
    const value = (fields as Readonly<Record<string, unknown>>)[field];
    if (role === "node") unwrap(value as Node, visit);
    else if (role === "nodes") for (const each of value as readonly Node[]) unwrap(each, visit);
    else visit(role, value as object);
  }
}

/** A node without a type stands for "nothing" in a list, as in DISTINCT without ON. */
function unwrap(node: Node, visit: (kind: NodeName, fields: object) => void): void {
  for (const kind in node) visit(kind as NodeName, node[kind as keyof Node]);
}
