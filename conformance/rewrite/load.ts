import type { Client } from "pg";
import { type Catalog, type Column, objectPath, type Relation } from "../../engine/src/catalog/catalog.ts";

const kinds: Record<string, Relation["kind"]> = {
  r: "table",
  p: "partitioned",
  v: "view",
  m: "materialized_view",
  f: "foreign",
  S: "sequence",
  i: "index",
  c: "composite",
};
const cats: Record<string, Column["typeCategory"]> = {
  text: "text",
  varchar: "text",
  bpchar: "text",
  int4: "integer",
  int8: "integer",
  int2: "integer",
  numeric: "numeric",
  date: "date",
  timestamptz: "timestamptz",
  timestamp: "timestamp",
  json: "json",
  bool: "boolean",
};

export async function loadCatalog(client: Client): Promise<Catalog> {
  const r = await client.query<{
    [k: string]: string | null;
  }>(`select c.oid, n.nspname, c.relname, c.relkind, c.relispartition,
    (select json_agg(attnum) from (select unnest(conkey) attnum from pg_constraint k where k.conrelid = c.oid and contype = 'p') x) pk,
    (select json_agg(json_build_object('attnum', a.attnum, 'name', attname, 'type', format_type(t.oid, null), 'printed', format_type(t.oid, a.atttypmod), 'mod', atttypmod, 'oid', t.oid, 'tn', t.typname, 'ns', tn.nspname, 'tt', t.typtype, 'tc', b.typname, 'te', b.typelem, 'notnull', attnotnull, 'gen', case when attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end,
       'bt', b.oid::regtype::text, 'bm', t.typtypmod, 'chk', exists (select from pg_constraint where contypid = t.oid and contype='c'), 'tnn', t.typnotnull, 'btt', b.typtype) order by a.attnum)
       from pg_attribute a join pg_type t on t.oid = a.atttypid join pg_namespace tn on tn.oid = t.typnamespace join pg_type b on b.oid = case when t.typtype='d' then t.typbasetype else t.oid end
         left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
       where a.attrelid = c.oid and a.attnum > 0 and not attisdropped) cols
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where relkind in ('r','p','v','m','f','S','i','c')`);
  const relations = new Map<string, Relation>();
  for (const row of r.rows) {
    const schema = row["nspname"] ?? "",
      name = row["relname"] ?? "";
    const path = objectPath(schema, name);
    // eslint-disable-next-line
    const cols: any[] = JSON.parse(row["cols"] ?? "[]") ?? [];
    relations.set(path, {
      oid: Number(row["oid"]),
      schema,
      name,
      path,
      kind: kinds[row["relkind"] ?? ""] ?? "table",
      isPartition: row["relispartition"] === "t",
      isTemporary: false,
      isSystem: ["pg_catalog", "information_schema"].includes(schema),
      columns: cols.map((c) => ({
        attnum: c.attnum,
        name: c.name,
        type: c.type,
        typeSql: `"${c.ns}"."${c.tn}"${/\(.*\)/.exec(c.printed)?.[0] ?? ""}`,
        typeCategory:
          c.btt === "e" ? "enum" : c.btt === "c" ? "composite" : Number(c.te) > 0 ? "array" : (cats[c.tc] ?? "other"),
        typeOid: c.oid,
        typeModifier: c.mod,
        isDomain: c.tt === "d",
        ...(c.tt === "d"
          ? { domain: { baseType: c.bt, baseTypeModifier: c.bm, notNull: c.tnn, hasCheck: c.chk } }
          : {}),
        notNull: c.notnull,
        generated: c.gen ?? undefined,
        comment: undefined,
      })),
      primaryKey: JSON.parse(row["pk"] ?? "null") ?? undefined,
      parents: [],
      definition: undefined,
    });
  }
  return {
    engine: "postgres",
    version: "1",
    database: "x",
    serverVersionNum: 180004,
    relations,
    relationsByOid: new Map([...relations.values()].map((x) => [x.oid, x])),
    functions: new Map(),
    types: new Map(),
    operators: [],
    definitionPath: ["pg_catalog"],
    schemas: new Set([...relations.values()].map((x) => x.schema)),
  };
}
