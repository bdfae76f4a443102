/** Reads the catalogs that people write, with every mistake in them. */
import {
  type Catalog,
  type Column,
  type Engine,
  type FunctionBody,
  type FunctionInfo,
  objectPath,
  type OperatorInfo,
  pathParts,
  type Relation,
  type TriggerEvent,
  type TriggerInfo,
  type TypeInfo,
} from "./catalog.ts";
import { type FixtureFunction, type FixtureTrigger, type FixtureTypeKind, tableKinds } from "./fixture-form.ts";
import { type FixtureEngine, fixtureEngines, type FixtureTypes } from "./fixture-engines.ts";
import { viewColumns } from "./view-columns.ts";

/** What is wrong with a fixture, all of it. */
export class FixtureError extends Error {
  override readonly name = "FixtureError";
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    super(`\`${file}\` is not a catalog:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** @throws FixtureError with every problem of the file. */
export function parseCatalogFixture(json: unknown, file = "catalog"): Catalog {
  const reader = new FixtureReader();
  const catalog = reader.read(json);
  if (reader.problems.length > 0) throw new FixtureError(file, reader.problems);
  return catalog;
}

let versions = 0;

class FixtureReader {
  readonly problems: string[] = [];
  readonly #relations = new Map<string, Relation>();
  #engine: FixtureEngine = fixtureEngines.postgres;
  #oid = 16384;

  read(json: unknown): Catalog {
    const root = this.#object(json, "the catalog");
    this.#known(root, "the catalog", rootKeys);
    const engine = this.#oneOf((root.engine ?? "postgres") as Engine, engines, "engine");
    this.#engine = fixtureEngines[engine] ?? fixtureEngines.postgres;
    const lowerCase = this.#oneOf(Number(root.lower_case_table_names ?? 0), [0, 1, 2], "lower_case_table_names");
    const { mysql } = this.#engine;
    const types = this.#types(root.types);
    for (const [path, table] of this.#entries(root.tables, "tables")) this.#table(path, table, types);
    const views = this.#entries(root.views, "views");
    this.#systemRelations();
    const catalog: Catalog = {
      engine,
      version: `fixture-${++versions}`,
      database: typeof root.database === "string" ? root.database : "fixture",
      serverVersionNum:
        typeof root.server_version_num === "number" ? root.server_version_num : this.#engine.serverVersionNum,
      ...(mysql === undefined ? {} : { mysql: mysql(lowerCase as 0 | 1 | 2) }),
      relations: this.#relations,
      relationsByOid: new Map(),
      functions: this.#functions(root.functions),
      types,
      operators: this.#operators(root.operators),
      schemas: new Set([...this.#engine.schemas, ...this.#schemas(root.schemas)]),
      definitionPath:
        root.definition_path === undefined
          ? this.#engine.definitionPath
          : this.#strings(root.definition_path, "definition_path"),
    };
    this.#views(views, catalog, types);
    const byOid = new Map([...this.#relations.values()].map((relation) => [relation.oid, relation]));
    const schemas = new Set([...catalog.schemas, ...[...this.#relations.values()].map((relation) => relation.schema)]);
    return { ...catalog, relationsByOid: byOid, schemas };
  }

  #table(path: string, value: unknown, types: FixtureTypes): void {
    const where = `tables["${path}"]`;
    const name = this.#path(path, where);
    const table = this.#object(value, where);
    this.#known(table, where, tableKeys);
    const columns = this.#columns(table.columns, where, types);
    const primaryKey =
      table.primary_key === undefined ? undefined : this.#primaryKey(table.primary_key, columns, where);
    const parents = [
      ...this.#strings(table.partition_of === undefined ? [] : [table.partition_of], `${where}.partition_of`),
      ...this.#strings(table.inherits ?? [], `${where}.inherits`),
    ];
    const kind = table.kind ?? "table";
    if (!tableKinds.has(kind)) this.problems.push(`${where}.kind is none of ${[...tableKinds].join(", ")}`);
    this.#add({
      ...this.#relation(name, kind as Relation["kind"]),
      isPartition: table.partition_of !== undefined,
      isTemporary: table.temporary === true,
      columns,
      primaryKey,
      parents,
      triggers: this.#triggers(table.triggers, columns, where),
    });
  }

  #relation([schema, name]: readonly [string, string], kind: Relation["kind"]): Relation {
    return {
      oid: this.#oid++,
      schema,
      name,
      path: objectPath(schema, name),
      kind,
      isPartition: false,
      isTemporary: false,
      isSystem: this.#engine.isSystem(schema),
      columns: [],
      primaryKey: undefined,
      parents: [],
      definition: undefined,
      triggers: [],
    };
  }

  #add(relation: Relation): void {
    if (this.#relations.has(relation.path)) this.problems.push(`${relation.path} is there twice`);
    this.#relations.set(relation.path, relation);
  }

  /** Known by name; their columns are not listed, so any is taken for one of theirs. */
  #systemRelations(): void {
    for (const [schema, names] of this.#engine.systemRelations) {
      for (const name of names) {
        const relation = this.#relation([schema, name], "table");
        if (!this.#relations.has(relation.path)) this.#relations.set(relation.path, relation);
      }
    }
  }

  /** Views may read views: each round adds those whose relations are all there. */
  #views(views: readonly (readonly [string, unknown])[], catalog: Catalog, types: FixtureTypes): void {
    let waiting = views;
    while (waiting.length > 0) {
      const later: (readonly [string, unknown])[] = [];
      for (const entry of waiting) if (!this.#view(entry, catalog, types)) later.push(entry);
      if (later.length === waiting.length) {
        for (const [path] of later) this.problems.push(`views["${path}"] reads a relation that is not there`);
        return;
      }
      waiting = later;
    }
  }

  #view([path, value]: readonly [string, unknown], catalog: Catalog, types: FixtureTypes): boolean {
    const where = `views["${path}"]`;
    const view = typeof value === "string" ? { definition: value } : this.#object(value, where);
    this.#known(view, where, viewKeys);
    if (typeof view.definition !== "string") {
      this.problems.push(`${where} has no definition`);
      return true;
    }
    const given = view.columns === undefined ? undefined : this.#columns(view.columns, where, types);
    // Of a view whose definition could not be read only its columns are known.
    const isUnread = view.definition === "" && given !== undefined;
    const [schema] = this.#path(path, where);
    const derived = isUnread ? unknownColumns : viewColumns({ ...catalog, version: "" }, view.definition, schema);
    if (derived.kind === "error") {
      this.problems.push(`${where}: ${derived.message}`);
      return true;
    }
    if (derived.kind === "unknown" && given === undefined) return false;
    const columns = given ?? (derived.kind === "columns" ? derived.columns : []);
    this.#add({
      ...this.#relation(this.#path(path, where), view.materialized === true ? "materialized_view" : "view"),
      columns,
      definition: view.definition,
      ...(view.security_barrier === true ? { isSecurityBarrier: true } : {}),
      triggers: this.#triggers(view.triggers, columns, where),
    });
    return true;
  }

  #columns(value: unknown, where: string, types: FixtureTypes): Column[] {
    return this.#entries(value, `${where}.columns`).flatMap(([name, given], index) => {
      const at = `${where}.columns["${name}"]`;
      const column = typeof given === "string" ? { type: given } : this.#object(given, at);
      this.#known(column, at, columnKeys);
      const type = typeof column.type === "string" ? this.#engine.columnType(column.type, types) : undefined;
      if (type !== undefined) return [fixtureColumn(index + 1, name, type, column)];
      this.problems.push(`${at}: \`${String(column.type)}\` is not a type that is known here`);
      return [];
    });
  }

  #primaryKey(value: unknown, columns: readonly Column[], where: string): number[] {
    return this.#attnums(value, columns, `${where}.primary_key`);
  }

  #attnums(value: unknown, columns: readonly Column[], where: string): number[] {
    return this.#strings(value, where).flatMap((name) => {
      const column = columns.find((each) => each.name === name);
      if (column !== undefined) return [column.attnum];
      this.problems.push(`${where} names \`${name}\`, which is not a column`);
      return [];
    });
  }

  #triggers(value: unknown, columns: readonly Column[], relation: string): TriggerInfo[] {
    return this.#entries(value, `${relation}.triggers`).map(([name, given]) => {
      const where = `${relation}.triggers["${name}"]`;
      const trigger = this.#object(given, where) as Partial<FixtureTrigger> & Record<string, unknown>;
      this.#known(trigger, where, triggerKeys);
      const [schema, called] = this.#path(String(trigger.function), `${where}.function`);
      return {
        name,
        timing: this.#oneOf(trigger.timing ?? "after", triggerTimings, `${where}.timing`),
        events: new Set(
          (trigger.events ?? triggerEvents).map((event) => this.#oneOf(event, triggerEvents, `${where}.events`)),
        ),
        forEach: this.#oneOf(trigger.for_each ?? "row", ["row", "statement"], `${where}.for_each`),
        columns: this.#attnums(trigger.columns ?? [], columns, `${where}.columns`),
        function: { schema, name: called },
      };
    });
  }

  #oneOf<Name extends string | number>(value: Name, names: readonly Name[], where: string): Name {
    if (!names.includes(value)) this.problems.push(`${where} is none of ${names.join(", ")}`);
    return value;
  }

  #types(value: unknown): ReadonlyMap<string, TypeInfo & { readonly fixtureKind: FixtureTypeKind }> {
    return new Map(
      this.#entries(value, "types").map(([path, kind]) => {
        const [schema, name] = this.#path(path, `types["${path}"]`);
        if (!typeKinds.has(String(kind))) {
          this.problems.push(`types["${path}"] is none of ${[...typeKinds].join(", ")}`);
        }
        const info = { schema, name, isSystem: false, functions: [], fixtureKind: kind as FixtureTypeKind };
        return [objectPath(schema, name), info];
      }),
    );
  }

  #functions(value: unknown): ReadonlyMap<string, readonly FunctionInfo[]> {
    return new Map(
      this.#entries(value, "functions").map(([path, given]) => {
        const where = `functions["${path}"]`;
        const [schema, name] = this.#path(path, where);
        const options = this.#object(given, where) as FixtureFunction & Record<string, unknown>;
        this.#known(options, where, functionKeys);
        const info: FunctionInfo = {
          schema,
          name,
          kind: options.kind ?? "function",
          language: options.language ?? "sql",
          volatility: options.volatility ?? "volatile",
          leakproof: options.leakproof === true,
          isSystem: false,
          ...(options.body === undefined ? {} : { body: this.#functionBody(options, where) }),
        };
        return [objectPath(schema, name), [info]];
      }),
    );
  }

  #functionBody(options: FixtureFunction, where: string): FunctionBody {
    return {
      text: String(options.body),
      isBound: false,
      isSecurityDefiner: options.security_definer === true,
      settings: this.#strings(options.set ?? [], `${where}.set`),
      argumentNames: this.#strings(options.arguments ?? [], `${where}.arguments`),
      defaults: "",
      functions: this.#strings(options.calls ?? [], `${where}.calls`).map((path) => {
        const [schema, name] = this.#path(path, `${where}.calls`);
        return { schema, name };
      }),
    };
  }

  #operators(value: unknown): readonly OperatorInfo[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.problems.push("operators is not a list");
      return [];
    }
    return value.map((each: unknown, index) => {
      const where = `operators[${index}]`;
      const { operator, function: of } = this.#object(each, where);
      const text = String(operator);
      const dot = text.lastIndexOf(".");
      const [functionSchema, functionName] = this.#path(String(of), `${where}.function`);
      return { schema: text.slice(0, dot), name: text.slice(dot + 1), functionSchema, functionName };
    });
  }

  #schemas(value: unknown): readonly string[] {
    return value === undefined ? [] : this.#strings(value, "schemas");
  }

  #path(path: string, where: string): readonly [string, string] {
    const parts = pathParts(path);
    const [schema, name] = parts ?? [];
    if (parts?.length === 2 && schema !== undefined && name !== undefined) return [schema, name];
    this.problems.push(`${where}: write the name as schema.name, a part with a dot in double quotes`);
    return ["public", path];
  }

  #entries(value: unknown, where: string): readonly (readonly [string, unknown])[] {
    return value === undefined ? [] : Object.entries(this.#object(value, where));
  }

  #object(value: unknown, where: string): Record<string, unknown> {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    this.problems.push(`${where} is not an object`);
    return {};
  }

  #strings(value: unknown, where: string): readonly string[] {
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    this.problems.push(`${where} is not a list of names`);
    return [];
  }

  #known(value: Record<string, unknown>, where: string, keys: ReadonlySet<string>): void {
    for (const key of Object.keys(value)) {
      if (!keys.has(key)) this.problems.push(`${where} has no \`${key}\`; it has ${[...keys].join(", ")}`);
    }
  }
}

function fixtureColumn(
  attnum: number,
  name: string,
  type: NonNullable<ReturnType<FixtureEngine["columnType"]>>,
  given: Record<string, unknown>,
): Column {
  return {
    attnum,
    name,
    ...type,
    ...(typeof given["character_set"] === "string" ? { characterSet: given["character_set"] } : {}),
    ...(typeof given["collation"] === "string" ? { collation: given["collation"] } : {}),
    notNull: given["not_null"] === true,
    generated: typeof given["generated"] === "string" ? given["generated"] : undefined,
    comment: typeof given["comment"] === "string" ? given["comment"] : undefined,
  };
}

const rootKeys = new Set(
  "engine database server_version_num lower_case_table_names tables views functions types operators schemas definition_path".split(
    " ",
  ),
);
const tableKeys = new Set("kind columns primary_key partition_of inherits temporary triggers".split(" "));
const viewKeys = new Set("definition materialized security_barrier columns triggers".split(" "));
const triggerKeys = new Set("timing events for_each columns function".split(" "));
const triggerTimings: readonly TriggerInfo["timing"][] = ["before", "after", "instead of"];
const triggerEvents: readonly TriggerEvent[] = ["insert", "update", "delete", "truncate"];
const columnKeys = new Set("type not_null comment generated character_set collation".split(" "));
const functionKeys = new Set("kind language volatility leakproof body calls arguments security_definer set".split(" "));
const unknownColumns = { kind: "unknown" } as const;
const engines: readonly Engine[] = ["postgres", "mysql", "mariadb"];
const typeKinds = new Set(["enum", "domain", "composite", "range", "base"]);
