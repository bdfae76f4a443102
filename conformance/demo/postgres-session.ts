import { Client, DatabaseError } from "pg";
import type { Person } from "./people.ts";
import type { ServerAddress } from "./stage.ts";
import type { Answer, TourSession } from "./tour-session.ts";

export async function postgresSession({ host, port, database }: ServerAddress, person: Person): Promise<TourSession> {
  const login = { host, port, database, user: person.name, password: person.password };
  const client = new Client({ ...login, application_name: "tour" });
  await client.connect();
  return { ask: (sql) => answerOf(client, sql), end: () => client.end() };
}

async function answerOf(client: Client, sql: string): Promise<Answer> {
  try {
    const result = await client.query<(string | null)[]>({
      text: sql,
      rowMode: "array",
      types: { getTypeParser: () => (value: string) => value },
    });
    if (result.fields.length === 0) return { kind: "done", tag: `${result.command} ${result.rowCount ?? ""}`.trim() };
    return { kind: "rows", columns: result.fields.map((field) => field.name), rows: result.rows };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const [, rule = ""] = /^rule (\S+)/.exec(error.detail ?? "") ?? [];
    return { kind: "refused", message: error.message, sqlstate: error.code ?? "", rule };
  }
}
