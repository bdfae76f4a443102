import { type Connection, createConnection, type FieldPacket, type ResultSetHeader } from "mysql2/promise";
import type { Person } from "./people.ts";
import type { ServerAddress } from "./stage.ts";
import type { Answer, TourSession } from "./tour-session.ts";

export async function mysqlSession({ host, port, database }: ServerAddress, person: Person): Promise<TourSession> {
  const client = await createConnection({ host, port, database, user: person.name, password: person.password });
  return { ask: (sql) => answerOf(client, sql), end: () => client.end() };
}

/** The protocol's OK names no command: as PostgreSQL does, those that change rows are shown with their number. */
const changesRows = new Set(["INSERT", "UPDATE", "DELETE", "REPLACE"]);

async function answerOf(client: Connection, sql: string): Promise<Answer> {
  try {
    const [rows, fields] = (await client.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() })) as [
      (string | null)[][] | ResultSetHeader,
      FieldPacket[] | undefined,
    ];
    if (Array.isArray(rows)) return { kind: "rows", columns: (fields ?? []).map(({ name }) => name), rows };
    const [verb = ""] = sql.toUpperCase().split(" ");
    return { kind: "done", tag: changesRows.has(verb) ? `${verb} ${rows.affectedRows}` : verb };
  } catch (error) {
    if (!(error instanceof Error && "sqlState" in error)) throw error;
    return { kind: "refused", sqlstate: String(error.sqlState), ...partsOf(error.message) };
  }
}

/** `reason (rule penstock.agents:17 …); hint: …`: an error of MySQL has one text. */
function partsOf(text: string): { readonly message: string; readonly rule: string } {
  const found = /^(.*?) \(rule (\S+?)[ )]/s.exec(text);
  return found === null ? { message: text, rule: "" } : { message: found[1] ?? "", rule: found[2] ?? "" };
}
