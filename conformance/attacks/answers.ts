/** The ways in which an attack is sent, and what its answers are compared by. */
import { errorFields, extendedQuery, type Message, queryMessage, sqlstates } from "../support/wire-client.ts";

export const ways = {
  simple: (sql: string) => queryMessage(sql),
  "extended, text": (sql: string) => extendedQuery(sql, [], "text"),
  "extended, binary": (sql: string) => extendedQuery(sql, [], "binary"),
} as const;

/** Rows without their order, which no statement of the corpus needs. New objects have other ids in each database. */
function comparable(messages: readonly Message[]): string[] {
  return messages
    .map((message) => {
      if (message.type === "E" || message.type === "N")
        return `${message.type} ${[...errorFields(message)]
          .flat()
          .join(" ")
          .replaceAll(/pg_temp_\d+/g, "pg_temp")}`;
      // Whom a notification comes from is a process id.
      if (message.type === "A") return `A ${message.body.toString("latin1", 4)}`;
      return message.type === "T" ? "T" : `${message.type} ${message.body.toString("latin1")}`;
    })
    .sort();
}

export function difference(answer: readonly Message[], other: readonly Message[]): string | undefined {
  const [lines, others] = [comparable(answer), comparable(other)];
  const at = [...lines, ...others].findIndex((_, index) => lines[index] !== others[index]);
  return at < 0 ? undefined : `${lines[at] ?? "nothing"} against ${others[at] ?? "nothing"}`;
}

export const errorsOf = (messages: readonly Message[]) =>
  sqlstates(messages).length === 0
    ? []
    : messages.filter(({ type }) => type === "E").map((error) => [...errorFields(error)].flat().join(" "));

/** Nothing failed: then the rows are what a database without what is hidden has, and those that it counts. */
export function isAnswer(messages: readonly Message[]): boolean {
  return sqlstates(messages).length === 0;
}

export function rowsOf(messages: readonly Message[]): string[] {
  return comparable(messages).filter((line) => /^[DdC] /.test(line));
}
