/** Statements as clients of MySQL's protocol send them: by text, and prepared, whose rows come in another form. */
import type { Connection, FieldPacket, RowDataPacket } from "mysql2/promise";

export const ways = ["text", "prepared"] as const;
export type Way = (typeof ways)[number];

export function run(client: Connection, way: Way, sql: string): Promise<[RowDataPacket[], FieldPacket[]]> {
  return way === "text" ? client.query<RowDataPacket[]>(sql) : client.execute<RowDataPacket[]>(sql);
}

/** Its rows, each as a list of values. */
export async function rowsOf(client: Connection, way: Way, sql: string): Promise<unknown[][]> {
  const options = { sql, rowsAsArray: true };
  const [rows] =
    way === "text" ? await client.query<RowDataPacket[][]>(options) : await client.execute<RowDataPacket[][]>(options);
  return rows;
}
