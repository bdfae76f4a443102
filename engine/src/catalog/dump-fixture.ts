import { type Catalog, type Column, type FunctionBody, objectPath, type Relation } from "./catalog.ts";
import {
  type CatalogFixture,
  type FixtureColumn,
  type FixtureFunction,
  type FixtureTable,
  type FixtureTrigger,
  type FixtureTypeKind,
  type FixtureView,
  tableKinds,
} from "./fixture-form.ts";
import { printType } from "./fixture-types.ts";

/** The fixture of a catalog: what is not PostgreSQL's own. `parseCatalogFixture` reads it back. */
export function dumpCatalogFixture(catalog: Catalog): CatalogFixture {
  const tables: Record<string, FixtureTable> = {};
  const views: Record<string, FixtureView> = {};
  for (const relation of catalog.relations.values()) {
    if (relation.isSystem) continue;
    const columns = Object.fromEntries(relation.columns.map((column) => [column.name, dumpColumn(column)]));
    if (relation.definition !== undefined) {
      views[relation.path] = {
        definition: relation.definition,
        ...(relation.kind === "materialized_view" ? { materialized: true } : {}),
        ...(relation.isSecurityBarrier === true ? { security_barrier: true } : {}),
        columns,
        ...dumpTriggers(relation),
      };
    } else if (tableKinds.has(relation.kind)) {
      tables[relation.path] = dumpTable(relation, columns);
    }
  }
  const functions: Record<string, FixtureFunction> = {};
  for (const [path, [info, overload]] of catalog.functions) {
    if (info === undefined || info.isSystem) continue;
    const { kind, language, volatility, leakproof, body } = info;
    functions[path] = {
      kind,
      language,
      volatility,
      ...(leakproof ? { leakproof } : {}),
      // One of several would be taken for all of them.
      ...(overload === undefined ? dumpBody(body) : {}),
    };
  }
  return {
    ...(catalog.engine === "postgres" ? {} : { engine: catalog.engine }),
    database: catalog.database,
    server_version_num: catalog.serverVersionNum,
    ...(catalog.mysql === undefined ? {} : { lower_case_table_names: catalog.mysql.lowerCaseTableNames }),
    tables,
    views,
    functions,
    types: userTypes(catalog),
    operators: catalog.operators.map((operator) => ({
      operator: `${operator.schema}.${operator.name}`,
      function: objectPath(operator.functionSchema, operator.functionName),
    })),
    schemas: [...catalog.schemas].filter((schema) => !schema.startsWith("pg_") && schema !== "information_schema"),
    definition_path: catalog.definitionPath,
  };
}

/** Of a body that a fixture can hold as it is. */
function dumpBody(
  body: FunctionBody | undefined,
): Pick<FixtureFunction, "body" | "calls" | "arguments" | "security_definer" | "set"> {
  if (body === undefined || body.isBound || body.defaults !== "") return {};
  const { text, functions, argumentNames, isSecurityDefiner, settings } = body;
  return {
    body: text,
    ...(functions.length > 0 ? { calls: functions.map(({ schema, name }) => objectPath(schema, name)) } : {}),
    ...(argumentNames.length > 0 ? { arguments: argumentNames } : {}),
    ...(isSecurityDefiner ? { security_definer: true } : {}),
    ...(settings.length > 0 ? { set: settings } : {}),
  };
}

function dumpColumn(column: Column): string | FixtureColumn {
  const type = printType(column);
  const { notNull, comment, generated, characterSet, collation } = column;
  if (!notNull && comment === undefined && generated === undefined && collation === undefined) return type;
  return {
    type,
    ...(notNull ? { not_null: true } : {}),
    ...(comment === undefined ? {} : { comment }),
    ...(generated === undefined ? {} : { generated }),
    ...(characterSet === undefined ? {} : { character_set: characterSet }),
    ...(collation === undefined ? {} : { collation }),
  };
}

function dumpTable(relation: Relation, columns: FixtureTable["columns"]): FixtureTable {
  const key = relation.primaryKey?.flatMap(
    (attnum) => relation.columns.find((column) => column.attnum === attnum)?.name ?? [],
  );
  const [parent] = relation.parents;
  return {
    ...(relation.kind === "table" ? {} : { kind: relation.kind }),
    columns,
    ...(key === undefined ? {} : { primary_key: key }),
    ...(relation.isPartition && parent !== undefined ? { partition_of: parent } : {}),
    ...(!relation.isPartition && relation.parents.length > 0 ? { inherits: relation.parents } : {}),
    ...(relation.isTemporary ? { temporary: true } : {}),
    ...dumpTriggers(relation),
  };
}

function dumpTriggers(relation: Relation): Pick<FixtureTable, "triggers"> {
  if (relation.triggers.length === 0) return {};
  const triggers = relation.triggers.map((trigger): readonly [string, FixtureTrigger] => [
    trigger.name,
    {
      timing: trigger.timing,
      events: [...trigger.events],
      for_each: trigger.forEach,
      columns: relation.columns.filter(({ attnum }) => trigger.columns.includes(attnum)).map(({ name }) => name),
      function: objectPath(trigger.function.schema, trigger.function.name),
    },
  ]);
  return { triggers: Object.fromEntries(triggers) };
}

/** Types that columns of users' relations have, by how their values behave. */
function userTypes(catalog: Catalog): Record<string, FixtureTypeKind> {
  const types: Record<string, FixtureTypeKind> = {};
  for (const relation of catalog.relations.values()) {
    if (relation.isSystem) continue;
    for (const column of relation.columns) {
      const path = printType(column).replace(/\(.*$|(\[\])+$/, "");
      if (!catalog.types.has(path) || catalog.types.get(path)?.isSystem === true) continue;
      const kinds: Partial<Record<Column["typeCategory"], FixtureTypeKind>> = { enum: "enum", composite: "composite" };
      types[path] = column.isDomain ? "domain" : (kinds[column.typeCategory] ?? "base");
    }
  }
  return types;
}
