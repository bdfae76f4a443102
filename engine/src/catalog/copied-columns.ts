/** Where triggers of a relation put values of its rows, by the names in their INSERTs. */
import { catalogIndex } from "../sql/postgres/catalog-index.ts";
import { bodyFacts, pathInside } from "./function-body.ts";
import {
  type Catalog,
  type Column,
  type FunctionInfo,
  type FunctionName,
  objectPath,
  type Relation,
} from "./catalog.ts";
import { codeFacts } from "./relation-code.ts";
import type { CopiedValue, RowCopy } from "./row-copies.ts";
import { isSystemSchema } from "./system-schemas.ts";
import { columnsOfRow } from "./trigger-row.ts";

/** Values of rows of `from` that come to be in a column of another relation. */
export interface CopiedColumn {
  readonly into: Relation;
  readonly column: Column;
  readonly from: Relation;
  readonly sources: readonly Column[];
  /** Its INSERT names the column; otherwise it is found by its place among those that there are. */
  readonly isListed: boolean;
  /** The value arrives unchanged. */
  readonly direct: boolean;
  /** Nobody learns of it but who reads the column: the copy fails for no value, and sets nothing off. */
  readonly isQuiet: boolean;
}

const known = new WeakMap<Catalog, ReadonlyMap<string, readonly CopiedColumn[]>>();

/** By path of the relation into which the values are put. Read once a catalog. */
export function copiedInto(catalog: Catalog): ReadonlyMap<string, readonly CopiedColumn[]> {
  let found = known.get(catalog);
  if (found === undefined) {
    const all = [...catalog.relations.values()].flatMap((relation) => copiedFrom(catalog, relation));
    known.set(catalog, (found = Map.groupBy(all, ({ into }) => into.path)));
  }
  return found;
}

function copiedFrom(catalog: Catalog, relation: Relation): readonly CopiedColumn[] {
  // What a trigger has copied is still there when it does not fire any more.
  const called = [...relation.triggers.map((trigger) => trigger.function), ...(relation.disabled ?? [])];
  const functions = new Set(called.flatMap((each) => functionsOf(catalog, each)));
  return [...functions].flatMap((info) => copiedColumns(catalog, relation, info, catalog.definitionPath));
}

/** Those that may copy rows. */
function functionsOf({ functions }: Catalog, { schema, name }: FunctionName): readonly FunctionInfo[] {
  return (functions.get(objectPath(schema, name)) ?? []).filter(
    ({ language, body }) => language === "plpgsql" && body !== undefined && mayCopy.test(body.text),
  );
}

const mayCopy = /\binsert\b(?=[^]*\b(?:old|new)\b)|\b(?:old|new)\b(?=[^]*\binsert\b)/i;

/**
 * A name without a schema counts for every relation that has it, and so does one that a relation or column had before.
 * @param searchPath under which the function is called
 */
export function copiedColumns(
  catalog: Catalog,
  from: Relation,
  info: FunctionInfo,
  searchPath: readonly string[],
): readonly CopiedColumn[] {
  const { copies = [] } = bodyFacts(catalog, info, searchPath);
  const path = pathInside(info, searchPath);
  return copies.flatMap((copy) => {
    const isSure = copy.schema !== undefined || isInFront(catalog, path, copy.table);
    return tablesOf(catalog, copy).flatMap((into) => columnsCopied(catalog, from, into, copy, isSure));
  });
}

/** Otherwise another session could put a table in front of it that the name means then. */
function isInFront(catalog: Catalog, path: readonly string[], table: string): boolean {
  const first = path.find((schema) => catalog.schemas.has(schema) && !isSystemSchema(schema));
  return first !== undefined && catalog.relations.has(objectPath(first, table));
}

function tablesOf({ relations }: Catalog, { schema, table }: RowCopy): readonly Relation[] {
  const isMeant = (naming: { readonly schema: string; readonly name: string }): boolean =>
    naming.name === table && (schema === undefined || naming.schema === schema);
  return [...relations.values()].filter(
    (relation) => !relation.isSystem && (isMeant(relation) || relation.former?.some(isMeant) === true),
  );
}

function columnsCopied(
  catalog: Catalog,
  from: Relation,
  into: Relation,
  copy: RowCopy,
  isSure: boolean,
): readonly CopiedColumn[] {
  const values = copy.values.flatMap((value) =>
    value.form === "columns" ? from.columns.map((column) => columnValue(column)) : [value],
  );
  return values.flatMap((value, index) => {
    const sources = columnsOfRow(from, value.row).flatMap(
      (attnum) => from.columns.find((column) => column.attnum === attnum) ?? [],
    );
    if (sources.length === 0) return [];
    const isListed = copy.columns !== undefined;
    const targets = isListed ? columnsNamed(into, copy.columns[index] ?? "") : into.columns.slice(index, index + 1);
    const direct = value.form === "column";
    // What the server would refuse is put nowhere; if this reads it wrongly, it may be anywhere.
    if (targets.length === 0)
      return into.columns.map((column) => ({ into, column, from, sources, isListed, direct: false, isQuiet: false }));
    const isTable = from.definition === undefined;
    return targets.map((column) => ({
      into,
      column,
      from,
      sources,
      isListed,
      direct,
      isQuiet: isSure && isTable && fits(value, sources, column) && isPlain(catalog, into, column),
    }));
  });
}

function columnValue({ name }: Column): CopiedValue {
  return { row: { isWhole: false, columns: new Set([name]) }, form: "column", mayBeNull: true };
}

function columnsNamed({ columns, former = [] }: Relation, name: string): readonly Column[] {
  return columns.filter(
    (column) => column.name === name || former.some((naming) => naming.columns.get(column.attnum) === name),
  );
}

/** Whether the column takes every value that there may be. */
function fits({ form, mayBeNull }: CopiedValue, sources: readonly Column[], column: Column): boolean {
  const [source] = sources;
  const { type, typeCategory, typeModifier } = column;
  if (column.isDomain || column.generated !== undefined) return false;
  if (column.notNull && mayBeNull && !(form === "column" && source?.notNull === true)) return false;
  const isAnyText = typeCategory === "text" && type !== "character" && typeModifier === -1;
  switch (form) {
    case "column":
      return isAnyText || source?.typeSql === column.typeSql;
    case "json":
      return isAnyText || type === "json" || type === "jsonb";
    case "hstore":
      return isAnyText || type === "hstore";
    case "text":
      return isAnyText;
    case "joined":
      return isAnyText && sources.every((each) => !mayBeList.has(each.typeCategory));
    case "columns":
    case "other":
      return false;
    default:
      return form satisfies never;
  }
}

const mayBeList: ReadonlySet<string> = new Set<Column["typeCategory"]>(["array", "composite", "other"]);

/** Whether a new row is stored without anything that depends on the column. */
function isPlain(catalog: Catalog, into: Relation, { attnum, name }: Column): boolean {
  const kinds = into.kind === "table" || into.kind === "partitioned";
  if (!kinds || into.isTemporary || into.dividedBy?.some((by) => by === attnum || by === 0) === true) return false;
  return [into, ...catalogIndex(catalog).descendants(into)].every((relation) => {
    const own = relation.columns.find((column) => column.name === name);
    if (own === undefined || own.isDomain || relation.constrained?.has(own.attnum) === true) return false;
    if (relation.kind === "foreign" || relation.triggers.some(({ events }) => events.has("insert"))) return false;
    return (relation.code ?? []).every((code) => {
      if (!code.on.has("insert") && code.failsFor === undefined) return true;
      if (code.text === undefined) return false;
      const { columns, problem } = codeFacts(catalog, relation, code);
      return (
        problem === undefined &&
        !columns.some((fact) => fact.relation === relation && fact.column.attnum === own.attnum)
      );
    });
  });
}
