import { isDeepStrictEqual } from "node:util";
import { type Catalog, type FunctionName, objectPath, type OperatorInfo, type TypeInfo } from "./catalog.ts";
import { type SeenByServer, seenNamesOf, withFormerNames } from "./former-names.ts";
import * as sql from "./postgres-catalog-sql.ts";
import { type TypeCode, usedBy } from "./postgres-code.ts";
import {
  functionMap,
  functionNames,
  type FunctionNames,
  type FunctionsOfType,
  strings,
  usersFunctions,
} from "./postgres-functions.ts";
import { loadRelations, type RelationNames } from "./postgres-relations.ts";
import { groupBy, type Rows, type RunQuery } from "./postgres-rows.ts";
import { indexTypes, type TypeIndex, type TypeRow } from "./postgres-types.ts";
import { isSystemSchema } from "./system-schemas.ts";

let snapshots = 0;

/**
 * Reads a snapshot of the schema: one query for each kind of object, every name in them qualified, so that no search_path and no object of
 * a user's can change what they read. They only read and set nothing, so that they may run between two statements of a user's session, inside
 * its transaction. For PostgreSQL 14 to 18.
 * @param previous a snapshot of the same server: what PostgreSQL itself brings is taken from it, only users' objects are read, and names
 *   that have changed since are remembered.
 * @param seen names of before, where others than those of `previous` are known, or the server may be another one.
 */
export async function loadPostgresCatalog(
  query: RunQuery,
  previous?: Catalog,
  seen: SeenByServer | undefined = previous && { databaseId: previous.databaseId, names: seenNamesOf(previous) },
): Promise<Catalog> {
  // Each query sees what is committed when it begins, and definitions are printed with the names of that moment.
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const names = await readNames(query, previous !== undefined);
    const catalog = await loadWith(names, query, previous, seen);
    if (isDeepStrictEqual(names, await readNames(query, previous !== undefined))) return catalog;
  }
  throw new Error(`the schema changed while it was read, ${attemptsMax} times`);
}

/** How often a snapshot is begun anew because names changed under it. */
const attemptsMax = 5;

/** Rows that say what everything is called. */
interface NameRows extends RelationNames {
  readonly schemas: Rows;
  /** Oids of schemas of which nothing is read. */
  readonly skipped: readonly string[];
}

async function readNames(query: RunQuery, skipsSystem: boolean): Promise<NameRows> {
  const schemas = await query(sql.schemas);
  const skipped = skipsSystem ? schemas.filter(([, name]) => isSystemSchema(name ?? "")).map(([oid]) => oid ?? "") : [];
  return {
    schemas,
    skipped,
    relations: await query(sql.relations(skipped)),
    columns: await query(sql.columns(skipped)),
  };
}

async function loadWith(
  names: NameRows,
  query: RunQuery,
  previous: Catalog | undefined,
  seen: SeenByServer | undefined,
): Promise<Catalog> {
  const { skipped } = names;
  const [server] = await query(sql.server);
  const [database, versionNum, pathJson] = server ?? [];
  const schemas = new Map(names.schemas.map(([oid, name]) => [oid ?? "", name ?? ""]));
  const types = indexTypes(await typeRows(query, schemas));
  const functions = await query(sql.functions(skipped));
  const functionsByOid = functionNames(functions, schemas);
  const operators = operatorList(await query(sql.operators), schemas, functionsByOid);
  const definitionPath = (JSON.parse(pathJson ?? "[]") as readonly string[]).map((name) =>
    name.startsWith("pg_temp_") ? "pg_temp" : name,
  );
  const definitions = await loadDefinitions(query, operators, definitionPath);
  const casts = await query(sql.casts);
  const typeFunctions = await functionsOfTypes(query, types, casts, functionsByOid);
  const used = usedBy(await query(sql.usedByCode), functionsByOid, typeFunctions);
  const relations = await loadRelations(query, names, schemas, types, definitions, typeFunctions, used);
  const reused = previous === undefined ? [] : [...previous.relations.values()].filter((each) => each.isSystem);
  const all = [
    ...reused,
    ...(seen === undefined ? relations : withFormerNames(relations, seen.databaseId ?? "", seen.names)),
  ];
  return {
    engine: "postgres",
    version: `snapshot-${++snapshots}`,
    database: database ?? "",
    ...(seen?.databaseId === undefined ? {} : { databaseId: seen.databaseId }),
    serverVersionNum: Number(versionNum),
    relations: new Map(all.map((relation) => [relation.path, relation])),
    relationsByOid: new Map(all.map((relation) => [relation.oid, relation])),
    functions: functionMap(functions, schemas, functionsByOid, typeFunctions.all, previous),
    types: typeMap(types, typeFunctions.all),
    operators,
    implicitCasts: usersFunctions(
      casts.filter(([, , context]) => context === "i").map(([, called]) => called ?? ""),
      functionsByOid,
    ),
    eventTriggers: (await query(sql.eventTriggers)).flatMap(([name, tags, called]) => {
      const of = functionsByOid.get(called ?? "");
      return of === undefined ? [] : [{ name: name ?? "", tags: strings(tags), function: of }];
    }),
    schemas: new Set(schemas.values()),
    unusable: new Set(names.schemas.flatMap(([, name, mayUse]) => (mayUse === "false" ? [name ?? ""] : []))),
    definitionPath,
  };
}

/** See `Catalog.databaseId`. */
export async function readDatabaseId(query: RunQuery): Promise<string> {
  const [[oid, mayAsk] = []] = await query(sql.databaseOid);
  const [[cluster] = []] = mayAsk === "true" ? await query(sql.systemIdentifier) : [];
  return `${cluster ?? "unknown"}/${oid ?? ""}`;
}

/**
 * Definitions of views by oid. `pg_get_viewdef` itself looks its view up with an unqualified `=`: where a schema ahead of pg_catalog has an
 * operator of that name, what it gives may be another view's, so it is not asked and every definition is the empty string, which is
 * none that can be analysed.
 */
async function loadDefinitions(
  query: RunQuery,
  operators: readonly OperatorInfo[],
  path: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const ahead = new Set(path.slice(0, Math.max(0, path.indexOf("pg_catalog"))));
  if (operators.some((operator) => operator.name === "=" && ahead.has(operator.schema))) return undefined;
  return new Map((await query(sql.definitions)).map(([oid, text]) => [oid ?? "", text ?? ""]));
}

async function typeRows(query: RunQuery, schemas: ReadonlyMap<string, string>): Promise<TypeRow[]> {
  const checked = new Set((await query(sql.domainChecks)).map(([oid]) => oid));
  return (await query(sql.types)).map(
    ([oid, schema, name, kind, category, element, base, baseModifier, notNull, input, shown]) => ({
      oid: oid ?? "",
      schema: schemas.get(schema ?? "") ?? "",
      name: name ?? "",
      kind: kind ?? "",
      category: category ?? "",
      element: element ?? "0",
      base: base ?? "0",
      baseModifier: Number(baseModifier),
      notNull: notNull === "true",
      input: input ?? "",
      shown: shown ?? "",
      hasCheck: checked.has(oid ?? ""),
    }),
  );
}

async function functionsOfTypes(
  query: RunQuery,
  types: TypeIndex,
  castRows: Rows,
  names: FunctionNames,
): Promise<TypeCode> {
  const casts = groupBy(castRows);
  const checks = groupBy(await query(sql.checks));
  const parts = groupBy(await query(sql.typeParts));
  const second = (rows: Rows | undefined): string[] => (rows ?? []).map(([, of]) => of ?? "");
  /** With those that making its parts calls; a row may have a column of an array of such rows. */
  const calledFor = (oid: string, withCasts: boolean, seen: Set<string>): string[] => {
    const type = types.get(oid);
    if (type === undefined || seen.has(oid)) return [];
    seen.add(oid);
    const below = [type.base, type.element, ...second(parts.get(oid))];
    return [
      type.input,
      ...(withCasts ? second(casts.get(oid)) : []),
      ...second(checks.get(oid)),
      ...below.flatMap((part) => calledFor(part, withCasts, seen)),
    ];
  };
  const of = (withCasts: boolean): FunctionsOfType => {
    const known = new Map<string, readonly FunctionName[]>();
    return (oid) => {
      let functions = known.get(oid);
      if (functions === undefined)
        known.set(oid, (functions = usersFunctions(calledFor(oid, withCasts, new Set()), names)));
      return functions;
    };
  };
  return { all: of(true), withoutCasts: of(false) };
}

function typeMap(types: TypeIndex, functionsOf: FunctionsOfType): ReadonlyMap<string, TypeInfo> {
  return new Map(
    [...types.values()].map(({ oid, schema, name }) => [
      objectPath(schema, name),
      { schema, name, isSystem: isSystemSchema(schema), functions: functionsOf(oid) },
    ]),
  );
}

function operatorList(rows: Rows, schemas: ReadonlyMap<string, string>, names: FunctionNames): OperatorInfo[] {
  return rows.map(([schema, name, of]) => {
    // A user's operator of a built-in function is in no list of users' functions: it is pure, and named as built in.
    const path = names.get(of ?? "") ?? { schema: "pg_catalog", name: "" };
    return {
      schema: schemas.get(schema ?? "") ?? "",
      name: name ?? "",
      functionSchema: path.schema,
      functionName: path.name,
    };
  });
}
