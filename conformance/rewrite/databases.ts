import { EventEmitter } from "node:events";
import { Client, DatabaseError, type FieldDef, type QueryResult } from "pg";
import type { Catalog, Relation } from "../../engine/src/catalog/catalog.ts";
import { loadPostgresCatalog } from "../../engine/src/catalog/load-postgres.ts";
import type { ColumnMask, RelationFilter } from "../../engine/src/decide/decision.ts";
import { applyMask } from "../../engine/src/masks/masks.ts";
import { quoteName } from "../../engine/src/masks/quote.ts";
import { analyzePostgres } from "../../engine/src/sql/postgres/analyze.ts";
import type { Protection } from "../../engine/src/sql/protection.ts";
import { rewritePostgres } from "../../engine/src/sql/postgres/rewrite/rewrite.ts";
import type { RewriteResult } from "../../engine/src/sql/rewriting.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { filters, masks, rows, schema, viewsOverFilters, viewsOverMasks } from "./schema.ts";

const asText = { getTypeParser: () => (text: string | Buffer) => text.toString() };

/** What a statement gave: columns as (name, type, modifier), rows in no order. */
export type Outcome =
  | { readonly kind: "rows"; readonly columns: readonly string[]; readonly rows: readonly string[] }
  | {
      readonly kind: "error";
      readonly sqlstate: string;
      readonly message: string;
      readonly position: string | undefined;
    };

/**
 * Two databases: one with the real values, and one in which the masks have already replaced them and rows that a filter hides never were.
 * What a principal sees of the first through rewriting must be what anyone sees of the second.
 */
export interface Databases {
  readonly catalog: Catalog;
  readonly raw: Client;
  readonly masked: Client;
  readonly rewrite: (text: string, searchPath?: readonly string[], rowLimit?: number) => RewriteResult;
  readonly end: () => Promise<void>;
}

/** @param withFilters whether rows are hidden besides. */
export async function createDatabases(server: PostgresServer, withFilters = false): Promise<Databases> {
  const connect = async (name: string) => {
    const client = new Client({ connectionString: await server.createDatabase(name), types: asText });
    await client.connect();
    await client.query(schema);
    await client.query(rows);
    return client;
  };
  const suffix = withFilters ? "_filtered" : "";
  const raw = await connect(`raw${suffix}`);
  const masked = await connect(`masked${suffix}`);
  const catalog = await loadCatalog(raw);
  const protections = protectionsOf(catalog, withFilters);
  if (withFilters) await deleteRows(masked, catalog);
  await replaceValues(masked, protections);
  return {
    catalog,
    raw,
    masked,
    rewrite: (text, searchPath = ["public"], rowLimit) => {
      const analyzed = analyzePostgres(text, catalog, { searchPath });
      if (analyzed.kind !== "statements") throw new Error(analyzed.message);
      const plans = analyzed.statements.map(({ facts }) => {
        const touched = facts.tables.map(({ relation }) => relation.path);
        const views = definedViews(catalog, withFilters);
        // What they read, views among it, is read then.
        const inlined = views.some(([path]) => touched.includes(path)) ? views : [];
        const read = inlined.length === 0 ? touched : [...protections.keys()];
        return {
          protections: new Map([...protections].filter(([path]) => read.includes(path))),
          inlined: new Map(inlined),
          rowLimit,
          namesakes: new Set<string>(),
          hidesSizes: false,
        };
      });
      return rewritePostgres(text, analyzed.statements, plans, { catalog, searchPath });
    },
    end: async () => {
      await raw.end();
      await masked.end();
    },
  };
}

/** The catalog of a database, through the loader that the proxy uses. */
export function loadCatalog(client: Client): Promise<Catalog> {
  return loadPostgresCatalog(async (sql) => {
    const result = await client.query<(string | null)[]>({ text: sql, rowMode: "array" });
    return result.rows;
  });
}

function protectionsOf(catalog: Catalog, withFilters: boolean): ReadonlyMap<string, Protection> {
  const paths = new Set([...Object.keys(masks), ...(withFilters ? Object.keys(filters) : [])]);
  return new Map(
    [...paths].map((path) => {
      const relation = catalog.relations.get(path);
      if (relation === undefined) throw new Error(`no relation ${path}`);
      const columns = new Map<number, ColumnMask>();
      for (const [name, mask] of Object.entries(masks[path] ?? {})) {
        const column = relation.columns.find((one) => one.name === name);
        if (column === undefined) throw new Error(`no column ${name} of ${path}`);
        columns.set(column.attnum, { column, mask, rules: [] });
      }
      return [path, { relation, columns, filter: withFilters ? filterOf(relation) : undefined }];
    }),
  );
}

/** Views that are read through their definitions, since masks or filters change which rows they have. */
function definedViews(catalog: Catalog, withFilters: boolean) {
  const paths = withFilters ? [...viewsOverMasks, ...viewsOverFilters] : viewsOverMasks;
  return paths.map((path) => {
    const view = catalog.relations.get(path);
    if (view === undefined) throw new Error(`no view ${path}`);
    return [path, { view, why: `${path} is read by its definition` }] as const;
  });
}

function filterOf(relation: Relation): RelationFilter | undefined {
  const filter = filters[relation.path];
  return filter === undefined ? undefined : { relation, predicates: [filter.predicate], rules: [] };
}

async function deleteRows(client: Client, catalog: Catalog): Promise<void> {
  for (const [path, { sql }] of Object.entries(filters)) {
    const relation = catalog.relations.get(path);
    if (relation === undefined || relation.kind === "view") continue;
    await client.query(`delete from only ${nameOf(relation)} where (${sql}) is not true`);
  }
}

/** The JavaScript side of each mask, row by row. */
async function replaceValues(client: Client, protections: ReadonlyMap<string, Protection>): Promise<void> {
  for (const { relation, columns } of protections.values()) {
    if (relation.kind !== "table" || columns.size === 0) continue;
    const name = nameOf(relation);
    const found = await client.query<{ [column: string]: string | null }>(`select ctid, * from only ${name}`);
    for (const row of found.rows) {
      const changes = [...columns.values()].map(({ column, mask }) => ({
        column,
        value: applyMask(mask, column, row[column.name] ?? null),
      }));
      const assignments = changes.map(({ column }, index) => `${quoteName(column.name)} = $${index + 2}`);
      await client.query(`update only ${name} set ${assignments.join(", ")} where ctid = $1`, [
        row["ctid"],
        ...changes.map(({ value }) => value),
      ]);
    }
  }
}

function nameOf({ schema: inSchema, name }: Relation): string {
  return `${quoteName(inSchema)}.${quoteName(name)}`;
}

/** Runs a text in a transaction that leaves nothing behind; the result is that of the last statement with columns. */
export async function run(client: Client, text: string, searchPath = "public"): Promise<Outcome> {
  await client.query("begin");
  const copied: string[] = [];
  const collect = ({ chunk }: { chunk: Buffer }) => copied.push(chunk.toString("utf8"));
  // What COPY sends goes past the results; pg shows it on the connection only.
  const connection: unknown = Reflect.get(client, "connection");
  if (!(connection instanceof EventEmitter)) throw new Error("pg has no connection to listen to");
  connection.on("copyData", collect);
  try {
    await client.query(`set local search_path = ${searchPath}`);
    const results: QueryResult<object> | QueryResult<object>[] = await client.query<object>(text);
    const list = Array.isArray(results) ? results : [results];
    const last = list.findLast((each) => each.fields.length > 0);
    const fields: readonly FieldDef[] = last?.fields ?? [];
    const named = await typeNames(client, fields);
    return {
      kind: "rows",
      columns: fields.map(({ name, dataTypeModifier }, index) => `${name} ${named[index]} ${dataTypeModifier}`),
      rows: [...(last?.rows ?? []).map((row: object) => JSON.stringify(row)), ...copied].toSorted((a, b) =>
        a < b ? -1 : 1,
      ),
    };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return { kind: "error", sqlstate: error.code ?? "", message: allTexts(error), position: error.position };
  } finally {
    connection.off("copyData", collect);
    await client.query("rollback; deallocate all; close all");
  }
}

function allTexts({ message, detail, hint, where }: DatabaseError): string {
  return [message, detail, hint, where].filter((text) => text !== undefined).join("\n");
}

async function typeNames(client: Client, fields: readonly FieldDef[]): Promise<readonly string[]> {
  if (fields.length === 0) return [];
  const result = await client.query<{ name: string }>(
    "select pg_catalog.format_type(oid, null) as name from unnest($1::oid[]) with ordinality as given (oid, position) order by position",
    [fields.map(({ dataTypeID }) => dataTypeID)],
  );
  return result.rows.map(({ name }) => name);
}
