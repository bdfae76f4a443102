/** Looks for hidden values in all places of a database but the columns that hide them. */
import { Client } from "pg";
import { hiddenByPacks } from "../noninterference/twin-databases.ts";
import type { ShopUnderGuard } from "../support/shop-under-guard.ts";

/** Where hidden values stand in the open: relation by relation, with what was found. */
export async function storedHidden({ twins, hidden }: ShopUnderGuard): Promise<string[]> {
  const client = new Client(twins.shop);
  await client.connect();
  try {
    const relations = await client.query<{ oid: number; name: string; columns: string[] }>(`
      select c.oid::int, c.oid::regclass::text as name, array_agg(a.attname::text order by a.attnum) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relkind in ('r', 'm', 'S') and a.attnum > 0 and not a.attisdropped
        and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
        and not pg_is_other_temp_schema(c.relnamespace)
      group by c.oid`);
    const found: string[] = [];
    for (const { name, columns } of relations.rows) {
      const own = Object.entries(hiddenByPacks).find(([table]) => name === table || name.startsWith(`${table}_2`));
      const open = columns
        .filter((column) => own?.[1][column] === undefined)
        .map((column) => client.escapeIdentifier(column));
      if (open.length === 0) continue;
      const result = await client.query<{ text: string }>(
        `select concat_ws(' ', ${open.join(", ")}) as text from ${name}`,
      );
      const text = Buffer.from(result.rows.map((row) => row.text).join("\n"));
      found.push(...hidden.findIn(text).map((value) => `${name}: ${value}`));
    }
    const comments = await client.query<{ text: string }>(
      "select string_agg(description, ' ') as text from pg_description where objoid >= 16384",
    );
    found.push(...hidden.findIn(Buffer.from(comments.rows[0]?.text ?? "")).map((value) => `a comment: ${value}`));
    return found;
  } finally {
    await client.end();
  }
}
