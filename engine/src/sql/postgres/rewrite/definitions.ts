/**
 * Changes of schema that read or destroy rows: whether they succeed, or what they leave, must not tell of rows and values that are hidden.
 */
import type { Column } from "../../../catalog/catalog.ts";
import type { RelationWrite, ResolvedStatement } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import { filterColumns } from "./new-rows.ts";
import { because, hiddenRows, type Protection } from "../../protection.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { everyNode, listOf, stringOf } from "./tree.ts";

export function refuseDefinition({ node }: ResolvedStatement, write: RelationWrite, protection: Protection): void {
  const {
    DropStmt: drop,
    AlterTableStmt: alter,
    IndexStmt: index,
    CreateStmt: create,
    ClusterStmt: cluster,
  }: TreeObject = { ...node };
  if (isObject(cluster)) refuseClustering(protection);
  for (const made of [create, alter]) if (isObject(made)) refuseReferring(made, write, protection);
  if (isObject(drop)) refuseDropping(drop, protection);
  if (isObject(alter)) refuseAltering(alter, protection);
  if (isObject(index)) refuseIndexing(index, protection);
}

/**
 * Whether an index or constraint that evaluates or compares columns of all rows does so with columns that are not masked only, of tables of
 * which no rows are hidden.
 */
export function keepsToUnmasked(
  { node, facts }: ResolvedStatement,
  protections: ReadonlyMap<string, Protection>,
): boolean {
  const { AlterTableStmt: alter, IndexStmt: index }: TreeObject = { ...node };
  if (!isObject(index) && !(isObject(alter) && listOf(alter["cmds"]).every(addsConstraint))) return false;
  if ([...protections.values()].some(({ filter }) => filter !== undefined)) return false;
  return !facts.columns.some(({ relation, column }) => protections.get(relation.path)?.columns.has(column.attnum));
}

const plainConstraints: ReadonlySet<unknown> = new Set([
  "CONSTR_CHECK",
  "CONSTR_UNIQUE",
  "CONSTR_PRIMARY",
  "CONSTR_FOREIGN",
]);

function addsConstraint({ AlterTableCmd: command }: TreeObject): boolean {
  if (!isObject(command) || command["subtype"] !== "AT_AddConstraint" || !isObject(command["def"])) return false;
  const constraint = command["def"]["Constraint"];
  return isObject(constraint) && plainConstraints.has(constraint["contype"]) && constraint["indexname"] === undefined;
}

const holdingRows: ReadonlySet<unknown> = new Set([
  "OBJECT_TABLE",
  "OBJECT_FOREIGN_TABLE",
  "OBJECT_MATVIEW",
  "OBJECT_SCHEMA",
]);

function refuseDropping({ removeType }: TreeObject, protection: Protection): void {
  if (protection.filter === undefined || !holdingRows.has(removeType)) return;
  throw new Denial(
    `${hiddenRows(protection)}, and DROP would delete those that you do not see`,
    "use DELETE, which deletes those that you see",
  );
}

function refuseAltering(alter: TreeObject, protection: Protection): void {
  for (const { AlterTableCmd: command } of listOf(alter["cmds"])) {
    if (!isObject(command)) continue;
    const { subtype, name } = command;
    const isMasked = [...protection.columns.values()].some(({ column }) => column.name === name);
    const refuse = (what: string, hint = "ask for a role from which nothing is hidden") =>
      new Denial(`${because(protection)}, and ${what}`, hint);
    if (subtype === "AT_ClusterOn") refuseClustering(protection);
    if (subtype === "AT_SetNotNull" && (isMasked || protection.filter !== undefined)) {
      throw refuse("SET NOT NULL would tell whether a value that you do not see is missing");
    }
    if (protection.filter === undefined) continue;
    if (subtype === "AT_ColumnDefault" && filterColumns(protection).some((column) => column.name === name)) {
      throw refuse("a default would decide who sees the rows that others make");
    }
    if (subtype === "AT_DropColumn") throw refuse("DROP COLUMN would change those that you do not see");
    if (subtype === "AT_AddColumn" && !isSameForAnyRows(command["def"])) {
      throw refuse(
        "ADD COLUMN could tell how many rows there are",
        "add it without NOT NULL, of a built-in type with its schema (such as pg_catalog.text), and with a constant DEFAULT or none",
      );
    }
  }
}

/** Rows would lie, and so come, in the order of an index. */
function refuseClustering(protection: Protection): void {
  const { relation, columns } = protection;
  if (![...columns.keys()].some((attnum) => relation.constrained?.has(attnum) === true)) return;
  throw new Denial(
    `${because(protection)}, and an index may put its rows into the order of what you do not see`,
    "ask for a role from which nothing is hidden",
  );
}

/** A new column that no row can make fail, and whose values nobody counts. */
function isSameForAnyRows(definition: unknown): boolean {
  const column = isObject(definition) ? definition["ColumnDef"] : undefined;
  if (!isObject(column) || !isObject(column["typeName"])) return false;
  const [schema] = listOf(column["typeName"]["names"]).map(stringOf);
  const constraints = listOf(column["constraints"]).map(
    ({ Constraint: constraint }) => Object(constraint) as TreeObject,
  );
  const fallback = constraints.find(({ contype }) => contype === "CONSTR_DEFAULT")?.["raw_expr"];
  const isNotNull = constraints.some(({ contype }) => contype === "CONSTR_NOTNULL");
  if (schema !== "pg_catalog" || (isNotNull && fallback === undefined)) return false;
  return fallback === undefined || (isObject(fallback) && isConstant(fallback, isNotNull));
}

function isConstant({ A_Const: constant, TypeCast: cast }: TreeObject, isNotNull: boolean): boolean {
  if (isObject(cast)) return isObject(cast["arg"]) && isConstant(cast["arg"], isNotNull);
  return isObject(constant) && !(isNotNull && constant["isnull"] === true);
}

const fixedSize: ReadonlySet<string> = new Set<Column["typeCategory"]>([
  "integer",
  "float",
  "boolean",
  "date",
  "timestamp",
  "timestamptz",
  "time",
  "uuid",
  "enum",
]);

/** Lengths in characters. */
const shortTextMax = 600;

/** Whether an index can hold every value of the column: one that is too long makes it fail. */
function isShort({ typeCategory, typeModifier = -1 }: Column): boolean {
  if (fixedSize.has(typeCategory)) return true;
  // The modifier of a text is its length and four.
  return (
    typeModifier >= 0 && (typeCategory === "numeric" || (typeCategory === "text" && typeModifier - 4 <= shortTextMax))
  );
}

function refuseIndexing(index: TreeObject, protection: Protection): void {
  const elements = [...listOf(index["indexParams"]), ...listOf(index["indexIncludingParams"])];
  for (const { IndexElem: element } of elements) {
    const column = protection.relation.columns.find(({ name }) => isObject(element) && element["name"] === name);
    const isPlain = isObject(element) && element["opclass"] === undefined && column !== undefined;
    const isHidden = protection.filter !== undefined || (column !== undefined && protection.columns.has(column.attnum));
    if (!isHidden || (isPlain && isShort(column))) continue;
    throw new Denial(
      `${because(protection)}, and an index on it could fail by a value that you do not see`,
      "index only columns whose values are short, such as numbers, dates and varchar(100), or ask for a role from which nothing is hidden",
    );
  }
}

/** A foreign key tells for each value whether it is there. */
function refuseReferring(made: TreeObject, { rangeVar }: RelationWrite, protection: Protection): void {
  for (const constraint of everyNode(made, "Constraint")) {
    if (constraint["pktable"] === undefined || constraint["pktable"] !== rangeVar) continue;
    const named = listOf(constraint["pk_attrs"]).map(stringOf);
    const isReferred = ({ name, attnum }: Column) =>
      named.length > 0 ? named.includes(name) : protection.relation.primaryKey?.includes(attnum) === true;
    const isMasked = [...protection.columns.values()].some(({ column }) => isReferred(column));
    if (protection.filter === undefined && !isMasked) continue;
    throw new Denial(
      `${because(protection)}, and a foreign key to it would tell which values it has`,
      "leave REFERENCES out",
    );
  }
}
