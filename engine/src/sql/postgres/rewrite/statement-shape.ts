import type { Node } from "@pgsql/types";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { intoOf } from "../statement-kinds.ts";
import { listOf } from "./tree.ts";

/** How a statement is treated when a relation in it has masked columns. */
export type StatementShape =
  /** A query or change, alone or inside EXPLAIN, PREPARE, DECLARE, COPY, CREATE TABLE AS, CREATE VIEW: what it reads is replaced. */
  | { readonly kind: "query"; readonly select: TreeObject | undefined }
  | { readonly kind: "copy"; readonly node: TreeObject }
  /** Changes or locks relations without reading rows in an expression of its own. */
  | { readonly kind: "harmless" }
  | { readonly kind: "refused"; readonly what: string };

function isSelectInto(statement: Node): boolean {
  return "SelectStmt" in statement && intoOf(statement.SelectStmt) !== undefined;
}

export function shapeOf(statement: Node): StatementShape {
  const root: unknown = statement;
  const [[name, value] = ["", undefined]] = isObject(root) ? Object.entries(root) : [];
  if (!isObject(value)) return { kind: "refused", what: "this statement" };
  const inner = value["query"];
  switch (name) {
    case "SelectStmt":
      return { kind: "query", select: isSelectInto(statement) ? undefined : value };
    case "InsertStmt":
    case "UpdateStmt":
    case "DeleteStmt":
    case "MergeStmt":
    case "ExplainStmt":
    case "CreateTableAsStmt":
    case "ViewStmt":
      return { kind: "query", select: undefined };
    case "PrepareStmt":
    case "DeclareCursorStmt":
      return {
        kind: "query",
        select: isObject(inner) && isObject(inner["SelectStmt"]) ? inner["SelectStmt"] : undefined,
      };
    case "CopyStmt":
      if (!isObject(inner)) return { kind: "copy", node: value };
      return { kind: "query", select: isObject(inner["SelectStmt"]) ? inner["SelectStmt"] : undefined };
    case "IndexStmt":
      return indexShape(value);
    case "AlterTableStmt":
      return alterShape(value);
    case "RenameStmt":
      return { kind: "refused", what: "renaming it or its columns" };
    case "AlterObjectSchemaStmt":
      return { kind: "refused", what: "moving it to another schema" };
    case "CreateTrigStmt":
    case "RuleStmt":
    case "CreatePolicyStmt":
    case "AlterPolicyStmt":
    case "CreateFunctionStmt":
    case "CreateStatsStmt":
      return { kind: "refused", what: "code or statistics that read its rows" };
    case "CreateStmt":
      return listOf(value["inhRelations"]).length === 0
        ? { kind: "harmless" }
        : { kind: "refused", what: "a table that shares its rows" };
    default:
      return harmless.has(name) ? { kind: "harmless" } : { kind: "refused", what: `\`${name}\`` };
  }
}

/** They name a relation, but evaluate nothing over its rows that anyone sees. */
const harmless: ReadonlySet<string> = new Set([
  "LockStmt",
  "TruncateStmt",
  "DropStmt",
  "VacuumStmt",
  "ClusterStmt",
  "RepackStmt",
  "ReindexStmt",
  "CommentStmt",
  "GrantStmt",
  "RefreshMatViewStmt",
  "CreateSeqStmt",
  "AlterSeqStmt",
  "AlterOwnerStmt",
  // Its arguments read no tables, and what the procedure does has been judged by its body.
  "CallStmt",
]);

/** An index evaluates expressions over all rows, and a unique one shows duplicate values in its error. */
function indexShape(index: TreeObject): StatementShape {
  const evaluates =
    index["unique"] === true ||
    index["whereClause"] !== undefined ||
    listOf(index["indexParams"]).some(({ IndexElem: element }) => isObject(element) && element["expr"] !== undefined);
  return evaluates ? { kind: "refused", what: "a unique, partial or expression index on it" } : { kind: "harmless" };
}

/** The commands of ALTER TABLE that neither evaluate expressions over rows, nor compare them, nor share them with another table. */
const harmlessCommands: ReadonlySet<string> = new Set([
  "AT_ColumnDefault",
  "AT_DropNotNull",
  "AT_SetNotNull",
  "AT_SetStatistics",
  "AT_SetOptions",
  "AT_ResetOptions",
  "AT_SetStorage",
  "AT_SetCompression",
  "AT_DropColumn",
  "AT_DropConstraint",
  "AT_ChangeOwner",
  "AT_ClusterOn",
  "AT_DropCluster",
  "AT_SetLogged",
  "AT_SetUnLogged",
  "AT_SetTableSpace",
  "AT_SetRelOptions",
  "AT_ResetRelOptions",
  "AT_ReplicaIdentity",
  "AT_DropIdentity",
  "AT_NoForceRowSecurity",
  "AT_ForceRowSecurity",
  "AT_EnableRowSecurity",
  "AT_DisableRowSecurity",
]);

function alterShape(alter: TreeObject): StatementShape {
  const refused = listOf(alter["cmds"]).some(({ AlterTableCmd: command }) => {
    if (!isObject(command)) return true;
    const subtype = String(command["subtype"]);
    if (subtype === "AT_AddColumn") return addsExpression(command);
    return !harmlessCommands.has(subtype);
  });
  return refused ? { kind: "refused", what: "an ALTER TABLE that evaluates or shares its rows" } : { kind: "harmless" };
}

/** A new column may have a default, which sees no other column, but no generated value and no constraint over others. */
function addsExpression(command: TreeObject): boolean {
  const definition = isObject(command["def"]) ? command["def"]["ColumnDef"] : undefined;
  if (!isObject(definition)) return true;
  return listOf(definition["constraints"]).some(
    ({ Constraint: constraint }) =>
      !isObject(constraint) ||
      !["CONSTR_NULL", "CONSTR_NOTNULL", "CONSTR_DEFAULT"].includes(String(constraint["contype"])),
  );
}
