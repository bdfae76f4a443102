import type { Connection, RowDataPacket } from "mysql2/promise";

/** Runs queries of a MySQL or MariaDB session and gives their rows as lists of texts. */
export function textRows(connection: Connection): (sql: string) => Promise<(string | null)[][]> {
  return async (sql) => {
    const typeCast = (field: { string(): string | null }) => field.string();
    const [rows] = await connection.query<RowDataPacket[]>({ sql, rowsAsArray: true, typeCast });
    return rows as unknown as (string | null)[][];
  };
}
