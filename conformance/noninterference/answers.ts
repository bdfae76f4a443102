/** What a client saw of a script, in a form in which two can be compared. */
import { errorFields, extendedQuery, type Message, queryMessage, type WireClient } from "../support/wire-client.ts";
import type { Outcome } from "./check.ts";
import type { Script, Step } from "./scripts.ts";

export interface Answer {
  readonly step: Step;
  readonly messages: readonly Message[];
}

/** Runs the steps one after the other, and leaves the session as it was. */
export async function play(script: Script, client: WireClient): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const step of script.steps) answers.push({ step, messages: await client.exchange(bytesOf(step)) });
  const status = answers.at(-1)?.messages.at(-1)?.body.toString("latin1");
  if (status !== "I") await client.query("rollback");
  return answers;
}

function bytesOf({ mode, sql, parameters }: Step): Buffer {
  switch (mode) {
    case "simple":
      return queryMessage(sql);
    case "extended text":
      return extendedQuery(sql, parameters, "text");
    case "extended binary":
      return extendedQuery(sql, parameters, "binary");
    default:
      return mode satisfies never;
  }
}

export function outcomeOf(answers: readonly Answer[]): Outcome {
  const errors = answers.flatMap(({ messages }) => messages.filter(({ type }) => type === "E"));
  const states = new Set(errors.map((error) => errorFields(error).get("C")));
  if (states.has("57014")) return "timed out";
  if (states.has("42501")) return "denied";
  return errors.length > 0 ? "failed" : "ran";
}

/** Every byte of the answer, rows sorted where the statement fixes no order. New tables have new object ids each time. */
export function everything(script: Script, answers: readonly Answer[]): string[] {
  const lines = answers.flatMap(({ step, messages }) => [
    `> ${step.sql}`,
    ...messages.map((message) => `${message.type} ${readable(script, message)}`),
  ]);
  return sortRows(lines, script.isOrdered, script.form === "cursor");
}

/**
 * What must be as if the masked values stood in the table: names and types of columns, rows, command tags, errors and where they
 * are in the text. Not: which table a column comes from, since a masked one comes from none; lines of the server's source.
 */
export function meaning(script: Script, answers: readonly Answer[]): string[] {
  const lines = answers.flatMap(({ messages }) => messages.flatMap((message) => meaningOf(message)));
  return sortRows(lines, script.isOrdered, script.form === "cursor");
}

function meaningOf(message: Message): string[] {
  switch (message.type) {
    case "T":
      return [`T ${columnsOf(message.body).join(", ")}`];
    case "E":
    case "N": {
      const fields = errorFields(message);
      return [`${message.type} ${["S", "C", "M", "D", "H", "P"].map((field) => fields.get(field) ?? "").join(" | ")}`];
    }
    // ParameterStatus can come at any time.
    case "S":
      return [];
    default:
      return [`${message.type} ${message.body.toString("latin1")}`];
  }
}

/** @param across whether rows of several steps belong together: where no order is fixed, nor is which of them a FETCH gets. */
function sortRows(lines: readonly string[], isOrdered: boolean, across = false): string[] {
  if (isOrdered) return [...lines];
  const isRow = (line: string) => line.startsWith("D ") || line.startsWith("d ");
  if (across) return [...lines.filter((line) => !isRow(line)), ...lines.filter(isRow).sort()];
  const sorted: string[] = [];
  let run: string[] = [];
  for (const line of lines) {
    if (isRow(line)) {
      run.push(line);
      continue;
    }
    sorted.push(...run.sort(), line);
    run = [];
  }
  return [...sorted, ...run.sort()];
}

/** Name, type, modifier and format of each column of a RowDescription. */
function columnsOf(body: Buffer): string[] {
  const columns: string[] = [];
  let at = 2;
  for (let count = body.readInt16BE(0); count > 0; count--) {
    const end = body.indexOf(0, at);
    const name = body.toString("utf8", at, end);
    // After the name: table (4 bytes), attribute (2), type (4), size (2), modifier (4), format (2).
    const [type, modifier, format] = [
      body.readInt32BE(end + 7),
      body.readInt32BE(end + 13),
      body.readInt16BE(end + 17),
    ];
    columns.push(`${name} ${type}(${modifier}) ${format}`);
    at = end + 19;
  }
  return columns;
}

/** The number in the name of a schema of temporary objects says which place of the server a session has, and nothing of data. */
function withoutSlot(text: string): string {
  return text.replaceAll(/\bpg_temp_\d+/g, "pg_temp");
}

function readable(script: Script, message: Message): string {
  switch (message.type) {
    case "T":
      return script.form.includes("temporary") ? columnsOf(message.body).join(", ") : message.body.toString("latin1");
    case "E":
    case "N":
      return [...errorFields(message)].map(([field, value]) => `${field}: ${withoutSlot(value)}`).join(" | ");
    default:
      return message.body.toString("latin1");
  }
}
