import { quoteMysqlName } from "../sql/mysql/quote.ts";
import type { Column, Relation } from "./catalog.ts";
import { columnOf, definitionOf, kindOf } from "./load-mysql.ts";
import { temporaryToBe } from "./temporary-tables.ts";

type Row = readonly (string | null)[];

/**
 * The session's temporary table of that name, or `undefined` where the name means something else or nothing.
 * @param query runs a statement in the session itself; `undefined` for a table that there is not, or that may not be looked at
 */
export async function readTemporaryTable(
  query: (sql: string) => Promise<readonly Row[] | undefined>,
  database: string,
  name: string,
): Promise<Relation | undefined> {
  const table = `${quoteMysqlName(database)}.${quoteMysqlName(name)}`;
  const [shown] = (await query(`show create table ${table}`)) ?? [];
  const text = shown?.[1] ?? "";
  if (!text.startsWith("CREATE TEMPORARY ")) return undefined;
  const rows = (await query(`show full columns from ${table}`)) ?? [];
  const options = text.slice(text.lastIndexOf("\n)"));
  // Some modes do not show it.
  const [, engine = ""] = /\bENGINE=(\w+)/.exec(options) ?? [];
  return {
    ...temporaryToBe(database, name),
    kind: options.includes("SEQUENCE=1") ? "sequence" : kindOf("TEMPORARY", engine),
    columns: rows.map((row, index) => column(index + 1, row)),
    // Which tables a MERGE table reads is not followed: it could be any.
    definition: engine === "" ? "" : definitionOf("TEMPORARY", engine, undefined),
  };
}

/** @param row of SHOW FULL COLUMNS */
function column(position: number, row: Row): Column {
  const [
    name = null,
    type = null,
    collation = null,
    nullable = null,
    ,
    initial = null,
    extra = null,
    ,
    comment = null,
  ] = row;
  const [dataType = ""] = /^\w+/.exec(type ?? "") ?? [];
  const [characterSet = null] = collation?.split("_") ?? [];
  const read = columnOf([
    null,
    null,
    String(position),
    name,
    dataType,
    type,
    nullable,
    characterSet,
    collation,
    initial,
    null,
    comment,
    extra,
  ]);
  // What it is computed from could be any other column.
  return extra?.toUpperCase().includes("GENERATED") === true ? { ...read, generated: "" } : read;
}
