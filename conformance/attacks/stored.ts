/** Looks for hidden values in all places of a database: columns, comments, definitions, settings, large objects. */
import type { Client } from "pg";
import type { HiddenValues } from "../support/hidden-values.ts";

/** Which hidden values stand where, each as `place: value`. */
export async function storedHidden(client: Client, hidden: HiddenValues): Promise<ReadonlySet<string>> {
  const rows = await textsOf(client);
  return new Set(
    rows.flatMap(({ name, text }) => hidden.findIn(Buffer.from(text ?? "")).map((found) => `${name}: ${found}`)),
  );
}

interface Text {
  readonly name: string;
  readonly text: string | null;
}

/** Sessions that have just ended still drop their temporary tables: what goes away while it is read is left out the next time. */
const triesMax = 10;

async function textsOf(client: Client, tries = 1): Promise<readonly Text[]> {
  const places = await placesOf(client);
  const sql = places.map(
    ({ name, text }) =>
      `select ${client.escapeLiteral(name)} as name, (select string_agg(t, ' ') from (${text}) x(t)) as text`,
  );
  try {
    return (await client.query<Text>(sql.join("\nunion all\n"))).rows;
  } catch (error) {
    if (tries === triesMax || !/could not open relation|does not exist/.test(String(error))) throw error;
    return textsOf(client, tries + 1);
  }
}

interface Place {
  readonly name: string;
  /** A query with one column of texts. */
  readonly text: string;
}

async function placesOf(client: Client): Promise<readonly Place[]> {
  const columns = await client.query<{ relation: string; name: string }>(`
    select c.oid::regclass::text as relation, a.attname::text as name
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relkind in ('r', 'm', 'S') and c.relispopulated and a.attnum > 0 and not a.attisdropped and c.relpersistence <> 't'
      and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)`);
  return [
    ...columns.rows.map(({ relation, name }) => ({
      name: `${relation}.${name}`,
      text: `select ${client.escapeIdentifier(name)}::text from only ${relation}`,
    })),
    { name: "comments", text: "select description from pg_description where objoid >= 16384" },
    {
      name: "definitions",
      text: "select pg_get_viewdef(oid) from pg_class where oid >= 16384 and relkind in ('v', 'm')",
    },
    { name: "settings", text: "select setconfig::text from pg_db_role_setting" },
    { name: "large objects", text: "select convert_from(lo_get(oid), 'LATIN1') from pg_largeobject_metadata" },
  ];
}
