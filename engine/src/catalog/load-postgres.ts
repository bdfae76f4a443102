import { isDeepStrictEqual } from "node:util";
import {
  type Catalog,
  type Column,
  type ForeignKey,
  type FunctionName,
  objectPath,
  type OperatorInfo,
  type ReferentialAction,
  type Relation,
  type RuleInfo,
  type TypeInfo,
} from "./catalog.ts";
import { type SeenNames, seenNamesOf, withFormerNames } from "./former-names.ts";
import { codeOf, defaultCode, type TypeCode, typeCode, usedBy, type UsedBy } from "./postgres-code.ts";
import {
  functionMap,
  functionNames,
  type FunctionNames,
  type FunctionsOfType,
  strings,
  usersFunctions,
} from "./postgres-functions.ts";
import { triggerOf } from "./postgres-triggers.ts";
import { isSystemSchema } from "./system-schemas.ts";
import { columnTypeOf, indexTypes, type TypeIndex, type TypeRow } from "./postgres-types.ts";
import * as sql from "./postgres-catalog-sql.ts";

type Rows = readonly (readonly (string | null)[])[];
/** Runs one statement and gives its rows as text, as the simple query protocol does. */
export type RunQuery = (sql: string) => Promise<Rows>;

/** Names that are known from before, and which database is read now. */
export interface SeenByServer {
  /** As `readDatabaseId` gives it. */
  readonly databaseId: string | undefined;
  readonly names: SeenNames;
}

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
interface NameRows {
  readonly schemas: Rows;
  /** Oids of schemas of which nothing is read. */
  readonly skipped: readonly string[];
  readonly relations: Rows;
  readonly columns: Rows;
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

const relationKinds: Readonly<Record<string, Relation["kind"]>> = {
  r: "table",
  p: "partitioned",
  v: "view",
  m: "materialized_view",
  f: "foreign",
  S: "sequence",
  i: "index",
  I: "index",
  c: "composite",
  t: "toast",
};

async function loadRelations(
  query: RunQuery,
  { relations: rows, columns: columnRows }: NameRows,
  schemas: ReadonlyMap<string, string>,
  types: TypeIndex,
  definitions: ReadonlyMap<string, string> | undefined,
  typeFunctions: TypeCode,
  used: UsedBy,
): Promise<Relation[]> {
  const defaults = await query(sql.defaults);
  const columns = await loadColumns(query, columnRows, types, defaults);
  const keys = new Map((await query(sql.primaryKeys)).map(([oid, attnums]) => [oid, numbers(attnums)]));
  const foreignKeys = groupBy(await query(sql.foreignKeys));
  const parents = groupBy(await query(sql.inheritance));
  const keysOfPartitions = groupBy(await query(sql.partitionKeys));
  const triggers = groupBy(await query(sql.triggers));
  const rules = groupBy(await query(sql.tellingRules));
  const namesDividing = (oid: string): readonly string[] => [
    ...(keysOfPartitions.get(oid) ?? []).map(([, name]) => name ?? ""),
    ...(parents.get(oid) ?? []).flatMap(([, parent]) => namesDividing(parent ?? "")),
  ];
  const code = groupBy(await query(sql.relationCode(definitions !== undefined)), 1);
  const ofDefaults = groupBy(defaults);
  const paths = new Map(
    rows.map(([oid, schema, name]) => [oid, objectPath(schemas.get(schema ?? "") ?? "", name ?? "")]),
  );
  return rows.map(([oid, schemaOid, relname, relkind, isPartition, persistence, options, isReadable]): Relation => {
    const schema = schemas.get(schemaOid ?? "") ?? "";
    const name = relname ?? "";
    const own = columns.get(oid ?? "") ?? [];
    const dividing = namesDividing(oid ?? "");
    const isSystem = isSystemSchema(schema);
    const ownCode = isSystem
      ? []
      : [
          ...(code.get(oid ?? "") ?? []).map((row) => codeOf(row, { schema, name }, used)),
          ...(ofDefaults.get(oid ?? "") ?? []).map((row) => {
            const column = own.find(({ attnum }) => attnum === Number(row[1]));
            return defaultCode(row, column?.name ?? "", { schema, name }, used);
          }),
          ...own.flatMap((column) => typeCode(column, String(column.typeOid ?? ""), typeFunctions)),
        ].filter((each) => each !== undefined);
    return {
      oid: Number(oid),
      schema,
      name,
      path: objectPath(schema, name),
      kind: relationKinds[relkind ?? ""] ?? "table",
      isPartition: isPartition === "true",
      isTemporary: persistence === "t",
      isSystem,
      columns: own,
      primaryKey: keys.get(oid ?? ""),
      parents: (parents.get(oid ?? "") ?? []).flatMap(([, parent]) => paths.get(parent ?? "") ?? []),
      ...(dividing.length > 0
        ? { dividedBy: dividing.map((key) => own.find((column) => column.name === key)?.attnum ?? 0) }
        : {}),
      ...(foreignKeys.has(oid ?? "")
        ? { foreignKeys: (foreignKeys.get(oid ?? "") ?? []).map((row) => foreignKey(row, paths)) }
        : {}),
      definition: relkind === "v" || relkind === "m" ? definitionOf(definitions, oid ?? "", schema) : undefined,
      ...(isReadable === "false" ? { isUnreadable: true } : {}),
      ...(isSecurityBarrier(options) ? { isSecurityBarrier: true } : {}),
      triggers: (triggers.get(oid ?? "") ?? []).map(([, ...row]) => triggerOf(row)),
      ...(rules.has(oid ?? "") ? { tellingRules: (rules.get(oid ?? "") ?? []).map(ruleOf) } : {}),
      ...(ownCode.length === 0 ? {} : { code: ownCode }),
    };
  });
}

/** pg_rewrite.ev_type. */
const ruleEvents: Readonly<Record<string, RuleInfo["event"]>> = { 2: "update", 3: "insert", 4: "delete" };

function ruleOf([, name, type]: Rows[number]): RuleInfo {
  return { name: name ?? "", event: ruleEvents[type ?? ""] ?? "update" };
}

/** From pg_class.reloptions, which keep a boolean as it was written. */
function isSecurityBarrier(options: string | null | undefined): boolean {
  const value = /\bsecurity_barrier=(\w+)/.exec(options ?? "")?.[1];
  return value !== undefined && !/^(?:f|fa|fal|fals|false|n|no|of|off|0)$/i.test(value);
}

/** pg_constraint.confdeltype and confupdtype. */
const referentialActions: Readonly<Record<string, ReferentialAction>> = { c: "cascade", n: "set", d: "set" };

function foreignKey(
  [, columns, referenced, referencedColumns, onDelete, onUpdate]: Rows[number],
  paths: ReadonlyMap<string | null | undefined, string>,
): ForeignKey {
  return {
    columns: numbers(columns),
    referenced: paths.get(referenced ?? "") ?? "",
    referencedColumns: numbers(referencedColumns),
    onDelete: referentialActions[onDelete ?? ""] ?? "none",
    onUpdate: referentialActions[onUpdate ?? ""] ?? "none",
  };
}

function definitionOf(
  definitions: ReadonlyMap<string, string> | undefined,
  oid: string,
  schema: string,
): string | undefined {
  return isSystemSchema(schema) ? undefined : (definitions?.get(oid) ?? "");
}

async function loadColumns(
  query: RunQuery,
  rows: Rows,
  types: TypeIndex,
  defaults: Rows,
): Promise<ReadonlyMap<string, readonly Column[]>> {
  const expressions = (areGenerated: boolean) =>
    new Map(
      defaults
        .filter(([, , , generated]) => (generated !== "") === areGenerated)
        .map(([oid, attnum, text]) => [`${oid}.${attnum}`, text ?? ""]),
    );
  const generated = expressions(true);
  const given = expressions(false);
  const comments = new Map((await query(sql.comments)).map(([oid, attnum, text]) => [`${oid}.${attnum}`, text]));
  const columns = new Map<string, Column[]>();
  for (const [oid, attnum, name, typeOid, modifier, notNull, shown, isDeterministic, identity] of rows) {
    const key = `${oid}.${attnum}`;
    const column: Column = {
      attnum: Number(attnum),
      name: name ?? "",
      ...columnTypeOf(types, typeOid ?? "", Number(modifier), shown ?? ""),
      ...(isDeterministic === "false" ? { hasNondeterministicCollation: true } : {}),
      notNull: notNull === "true",
      generated: generated.get(key),
      ...(identity === "" && !given.has(key) ? {} : { default: given.get(key) ?? "" }),
      comment: comments.get(key) ?? undefined,
    };
    const list = columns.get(oid ?? "");
    if (list === undefined) columns.set(oid ?? "", [column]);
    else list.push(column);
  }
  return columns;
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

function groupBy(rows: Rows, by = 0): ReadonlyMap<string, (readonly (string | null)[])[]> {
  const groups = new Map<string, (readonly (string | null)[])[]>();
  for (const row of rows) {
    const key = row[by] ?? "";
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** `{1,2}` or `1 2`. */
function numbers(text: string | null | undefined): readonly number[] {
  return (text ?? "").match(/\d+/g)?.map(Number) ?? [];
}
