import { isDeepStrictEqual } from "node:util";
import { parseSqlMode } from "../sql/mysql/dialect.ts";
import { mysqlParser } from "../sql/mysql/grammar/parser.ts";
import {
  type Catalog,
  type Column,
  type ForeignKey,
  type MysqlServer,
  objectPath,
  type ReferentialAction,
  type Relation,
} from "./catalog.ts";
import { type SeenByServer, seenNamesOf } from "./former-names.ts";
import {
  codeOf,
  functionMap,
  routinesOf,
  seesTriggers,
  triggerBody,
  triggerOf,
  withAssignments,
} from "./mysql-code.ts";
import { withMysqlFormerNames } from "./mysql-former-names.ts";
import { withLockedTables } from "./locked-tables.ts";
import * as sql from "./mysql-catalog-sql.ts";
import { readTableIds, type RunQuery } from "./mysql-table-ids.ts";
import { mysqlTypeCategory } from "./mysql-types.ts";
import { isSystemDatabase, isSystemTable } from "./system-schemas.ts";

type Row = readonly (string | null)[];

let snapshots = 0;

/**
 * Reads a snapshot of all databases of a MySQL or MariaDB server that the login sees. What it may not see is not there: of a view without its
 * definition nothing is known. Reads only, and sets nothing.
 * @param previous a snapshot of the same server: what the server brings itself is taken from it.
 * @param seen names of before, where others than those of `previous` are known, or the server may be another one.
 * @param ids asks for the numbers of tables, which are no part of the schema
 */
export async function loadMysqlCatalog(
  query: RunQuery,
  previous?: Catalog,
  seen: SeenByServer | undefined = previous && { databaseId: previous.databaseId, names: seenNamesOf(previous) },
  ids: RunQuery = query,
): Promise<Catalog> {
  // Who asks for a catalog is going to decide texts: no session need wait for the grammar then.
  mysqlParser();
  const [server = []] = await query(sql.server);
  const [version = "", lowerCase, mode, database] = server;
  const engine = /mariadb/i.test(version ?? "") ? "mariadb" : "mysql";
  const serverVersionNum = versionNumber(version ?? "");
  const known = previous?.engine === engine && previous.serverVersionNum === serverVersionNum ? previous : undefined;
  // Each query sees its own moment: names that are the same before and after all the others make it one.
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const names = await readNames(query, known !== undefined);
    const checks = hasChecks(engine, serverVersionNum) ? await query(sql.checks(engine)) : [];
    const tableIds = await readTableIds(ids, engine, serverVersionNum);
    const found = await loadRelations(query, names, tableIds, checks, known);
    const programs = [
      ...routinesOf(await query(sql.routines), await query(sql.parameters)),
      ...(await query(sql.triggers)).map(triggerBody),
    ];
    if (!isDeepStrictEqual(names, await readNames(query, known !== undefined))) continue;
    const users = withLockedTables(found, known, ({ schema, name }) =>
      (seen?.names.relations ?? []).some((each) => each.schema === schema && each.name === name),
    );
    const functions = functionMap([...programs, ...users.functions]);
    const reused = known === undefined ? [] : [...known.relations.values()].filter(({ isSystem }) => isSystem);
    const numbered = [...reused, ...users.relations].map((relation, index) => ({ ...relation, oid: index + 1 }));
    const relations = seen === undefined ? numbered : withMysqlFormerNames(numbered, seen.databaseId ?? "", seen.names);
    return withAssignments({
      engine,
      ...(seen?.databaseId === undefined ? {} : { databaseId: seen.databaseId }),
      version: `snapshot-${engine}-${++snapshots}`,
      database: database ?? "",
      serverVersionNum,
      mysql: {
        lowerCaseTableNames: lowerCaseOf(lowerCase),
        definitionMode: definitionMode(mode ?? ""),
        version: version ?? "",
      },
      relations: new Map(relations.map((relation) => [relation.path, relation])),
      relationsByOid: new Map(relations.map((relation) => [relation.oid, relation])),
      functions,
      types: new Map(),
      operators: [],
      schemas: new Set(names.schemas.map(([name]) => name ?? "")),
      definitionPath: [],
      ...(users.isIncomplete ? { isIncomplete: true } : {}),
    });
  }
  throw new Error(`the schema changed while it was read, ${attemptsMax} times`);
}

/** How often a snapshot is begun anew because names changed under it. */
const attemptsMax = 5;

/** As in versioned comments: `10.11.6-MariaDB` is 101106. */
function versionNumber(version: string): number {
  const [, major = 0, minor = 0, patch = 0] = (/^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major === 0) throw new Error(`\`${version}\` is not a version of MySQL or MariaDB`);
  return major * 10_000 + minor * 100 + patch;
}

function lowerCaseOf(value: string | null | undefined): MysqlServer["lowerCaseTableNames"] {
  return value === "1" ? 1 : value === "2" ? 2 : 0;
}

function definitionMode(text: string): MysqlServer["definitionMode"] {
  const mode = parseSqlMode(text);
  if (mode === undefined) throw new Error(`the catalog cannot be read in a session whose sql_mode is \`${text}\``);
  return mode;
}

interface NameRows {
  readonly schemas: readonly Row[];
  readonly tables: readonly Row[];
  readonly columns: readonly Row[];
}

async function readNames(query: RunQuery, skipsSystem: boolean): Promise<NameRows> {
  const schemas = await query(sql.schemas);
  const tables = await query(sql.tables(skipsSystem));
  const moved = tables
    .map(([schema, name]) => [schema ?? "", name ?? ""] as const)
    .filter(([schema]) => isSystemDatabase(schema));
  const columns = await query(sql.columns(skipsSystem, skipsSystem ? moved : []));
  return { schemas, tables, columns };
}

/** Where the server tells of CHECK; older ones of MySQL's have none. */
function hasChecks(engine: "mysql" | "mariadb", version: number): boolean {
  return version >= (engine === "mysql" ? 80_016 : 100_310);
}

async function loadRelations(
  query: RunQuery,
  names: NameRows,
  ids: ReadonlyMap<string, readonly string[]>,
  checkRows: readonly Row[],
  known: Catalog | undefined,
): Promise<Omit<Relation, "oid">[]> {
  const byRelation = (rows: readonly Row[]) =>
    Map.groupBy(rows, ([schema, name]) => objectPath(schema ?? "", name ?? ""));
  const columns = byRelation(names.columns);
  const views = byRelation(await query(sql.views));
  const keys = byRelation(await query(sql.keys));
  const triggers = byRelation(await query(sql.triggers));
  const checks = byRelation(checkRows);
  const sees = seesTriggers(await query(sql.grants).catch(() => undefined));
  const indexes = byRelation(await query(sql.indexes));
  const ownColumns = (path: string) => {
    const jsonColumns = jsonColumnsOf(checks.get(path) ?? []);
    return (columns.get(path) ?? [])
      .map(columnOf)
      .map((column) => (jsonColumns.has(column.name) ? { ...column, isJson: true as const } : column));
  };
  const columnsOf = (path: string) =>
    columns.has(path) ? ownColumns(path) : (known?.relations.get(path)?.columns ?? []);
  return names.tables.map(([schemaName, tableName, type, engine]) => {
    const [schema, name] = [schemaName ?? "", tableName ?? ""];
    const path = objectPath(schema, name);
    const isSystem = isSystemTable(schema, name, type !== "BASE TABLE");
    const own = ownColumns(path);
    const ofKeys = keysOf(keys.get(path) ?? [], own, columnsOf);
    const [view] = views.get(path) ?? [];
    const tableIds = ids.get(path);
    return {
      schema,
      name,
      path,
      kind: kindOf(type ?? "", engine ?? ""),
      isPartition: false,
      isTemporary: type === "TEMPORARY",
      isSystem,
      columns: own,
      primaryKey: ofKeys.primaryKey,
      uniqueKeys: ofKeys.uniqueKeys,
      ...indexesOf(indexes.get(path) ?? [], own),
      parents: [],
      definition: isSystem ? undefined : definitionOf(type ?? "", engine ?? "", view?.[2]),
      ...(ofKeys.foreignKeys.length === 0 ? {} : { foreignKeys: ofKeys.foreignKeys }),
      triggers: (triggers.get(path) ?? []).map((row) => triggerOf(schema, row)),
      ...(tableIds === undefined ? {} : { tableIds }),
      ...codeOf(schema, name, own, checks.get(path) ?? [], type?.endsWith("TABLE") !== true || sees(schema, name)),
    };
  });
}

/** MariaDB's JSON is a `longtext` with a check of its name. */
function jsonColumnsOf(checks: readonly Row[]): ReadonlySet<string> {
  return new Set(checks.flatMap(([, , name, clause]) => (clause === `json_valid(\`${name}\`)` ? [name ?? ""] : [])));
}

export function kindOf(type: string, engine: string): Relation["kind"] {
  if (type.endsWith("VIEW")) return "view";
  if (type === "SEQUENCE") return "sequence";
  return remoteEngines.has(engine.toUpperCase()) ? "foreign" : "table";
}

const remoteEngines: ReadonlySet<string> = new Set(["FEDERATED", "CONNECT", "SPIDER"]);

/** A MERGE table shows rows of other tables, and which is not told: it is read like a view of which nothing is known. */
export function definitionOf(type: string, engine: string, definition: string | null | undefined): string | undefined {
  if (type.endsWith("VIEW") || engine.toUpperCase() === "MRG_MYISAM") return definition ?? "";
  return undefined;
}

/** @param row as `sql.columns` asks for it */
export function columnOf(row: Row): Column {
  const [, , position, name, dataType, columnType, nullable, characterSet, collation] = row;
  const [defaultValue, generated, comment, extra] = row.slice(9);
  const isAutomatic = extra?.toLowerCase().includes("auto_increment") === true;
  return {
    attnum: Number(position),
    name: name ?? "",
    type: (dataType ?? "").toLowerCase(),
    typeSql: columnType ?? "",
    typeCategory: mysqlTypeCategory((dataType ?? "").toLowerCase()),
    ...(characterSet === null || characterSet === undefined ? {} : { characterSet }),
    ...(collation === null || collation === undefined ? {} : { collation }),
    isDomain: false,
    notNull: nullable === "NO",
    generated: generated === null || generated === undefined || generated === "" ? undefined : generated,
    ...(isAutomatic ? { default: "" } : typeof defaultValue === "string" ? { default: defaultValue } : {}),
    ...(extra?.toLowerCase().includes("on update") === true ? { setOnUpdate: true } : {}),
    comment: comment === null || comment === "" ? undefined : comment,
    ...(extra?.toUpperCase().includes("INVISIBLE") === true ? { isInvisible: true } : {}),
  };
}

function keysOf(
  rows: readonly Row[],
  columns: readonly Column[],
  columnsOf: (path: string) => readonly Column[],
): Required<Pick<Relation, "primaryKey" | "uniqueKeys" | "foreignKeys">> {
  const numbers = (list: readonly Column[], names: readonly (string | null | undefined)[]) =>
    names.flatMap((name) => list.find((column) => isSameText(column.name, name))?.attnum ?? []);
  // A unique key and a foreign key may have one name.
  const byName = Map.groupBy(
    rows,
    ([, , constraint, , referenced]) => `${constraint ?? ""}${typeof referenced === "string" ? "/" : ""}`,
  );
  const primary = byName.get("PRIMARY");
  const uniqueKeys = [...byName.values()]
    .filter(([part]) => typeof part?.[5] !== "string")
    .map((parts) =>
      numbers(
        columns,
        parts.map((part) => part[3]),
      ),
    );
  const foreignKeys = [...byName.values()].flatMap((parts): ForeignKey[] => {
    const [, , , , schema, table, , onDelete, onUpdate] = parts[0] ?? [];
    if (typeof schema !== "string" || typeof table !== "string") return [];
    const referenced = objectPath(schema, table);
    return [
      {
        columns: numbers(
          columns,
          parts.map((part) => part[3]),
        ),
        referenced,
        referencedColumns: numbers(
          columnsOf(referenced),
          parts.map((part) => part[6]),
        ),
        onDelete: actionOf(onDelete),
        onUpdate: actionOf(onUpdate),
      },
    ];
  });
  return {
    primaryKey:
      primary &&
      numbers(
        columns,
        primary.map((part) => part[3]),
      ),
    uniqueKeys,
    foreignKeys,
  };
}

/** @param rows as `sql.indexes` asks for them */
function indexesOf(rows: readonly Row[], columns: readonly Column[]): Pick<Relation, "indexes" | "hasPartialKeys"> {
  if (rows.length === 0) return {};
  const isPartial = rows.some(
    ([, , , column, nonUnique, part]) => nonUnique === "0" && (column === null || part !== null),
  );
  const byName = Map.groupBy(rows, ([, , index]) => index ?? "");
  const indexes = [...byName].map(([name, parts]) => ({
    name,
    columns: parts.map(([, , , own]) => columns.find((column) => isSameText(column.name, own))?.attnum ?? 0),
  }));
  return { indexes, ...(isPartial ? { hasPartialKeys: true } : {}) };
}

function isSameText(one: string, other: string | null | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase();
}

function actionOf(rule: string | null | undefined): ReferentialAction {
  if (rule === "CASCADE") return "cascade";
  return rule?.startsWith("SET") === true ? "set" : "none";
}
