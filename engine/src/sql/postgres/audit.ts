import { grammar, type NodeName } from "./grammar.ts";
import type { StatementContext } from "./context.ts";

/**
 * Fails closed over the whole tree: every node, field and enum value must be in the table of the grammar, and every node that means
 * something (a name, a query, a call) must have been visited by the walkers. Whatever is not is opaque, and opaque is denied: a
 * walker that forgets a field refuses statements, it does not let them through.
 */
export function audit(context: StatementContext, node: object): void {
  const stack: object[] = [node];
  for (let each = stack.pop(); each !== undefined; each = stack.pop()) {
    for (const kind in each) {
      auditNode(context, kind, each[kind as keyof typeof each], stack);
    }
  }
}

type CompiledRole =
  | { readonly kind: "data" | "never" | "node" | "nodes" }
  | { readonly kind: "typed"; readonly name: string }
  | { readonly kind: "values"; readonly raw: ReadonlySet<string> };

const roles = new Map<string, ReadonlyMap<string, CompiledRole> | "analysed">(
  Object.entries(grammar).map(([name, fields]) => [
    name,
    fields === "analysed"
      ? fields
      : new Map(Object.entries(fields).map(([field, role]) => [field, compile(role as unknown)])),
  ]),
);

function compile(role: unknown): CompiledRole {
  switch (role) {
    case "data":
    case "never":
    case "node":
    case "nodes":
      return { kind: role };
    default:
      return typeof role === "string"
        ? { kind: "typed", name: role }
        : { kind: "values", raw: (role as { readonly raw: ReadonlySet<string> }).raw };
  }
}

/** Node types that must have been visited. */
const meaningful = new Set<string>([
  "ColumnRef",
  "RangeVar",
  "FuncCall",
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
  "SubLink",
  "A_Expr",
  "A_Indirection",
  "TypeName",
  "CommonTableExpr",
  "RangeSubselect",
  "RangeFunction",
  "RangeTableFunc",
  "RangeTableSample",
  "JsonTable",
  "JoinExpr",
  "MultiAssignRef",
  "CurrentOfExpr",
] satisfies NodeName[]);

function auditNode(context: StatementContext, kind: string, fields: object, stack: object[]): void {
  const known = roles.get(kind);
  if (known === undefined || known === "analysed") {
    context.addOpaque(kind, undefined);
    return;
  }
  if (meaningful.has(kind) && !context.visited.has(fields)) {
    context.addOpaque(`${kind} in a place that is not known`, locationIn(fields));
  }
  // The tree repeats the source of `(a, b) = (…)` for each column; the first one is walked.
  const isRepeated = kind === "MultiAssignRef" && ((fields as { colno?: number }).colno ?? 1) > 1;
  for (const field in fields) {
    const value: unknown = fields[field as keyof typeof fields];
    const role = known.get(field);
    if (role === undefined) {
      context.addOpaque(`${kind}.${field}`, locationIn(fields));
      continue;
    }
    switch (role.kind) {
      case "data":
        break;
      case "node":
        if (!isRepeated) stack.push(value as object);
        break;
      case "nodes":
        for (const each of value as readonly object[]) stack.push(each);
        break;
      case "typed":
        auditNode(context, role.name, value as object, stack);
        break;
      case "values":
        if (!role.raw.has(value as string)) context.addOpaque(`${kind}.${field} ${String(value)}`, locationIn(fields));
        break;
      case "never":
        context.addOpaque(`${kind}.${field}`, locationIn(fields));
        break;
    }
  }
}

function locationIn(fields: object): number | undefined {
  const { location } = fields as { readonly location?: unknown };
  return typeof location === "number" && location >= 0 ? location : undefined;
}
