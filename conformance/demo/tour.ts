/** The tour: the same questions asked as each person, each in one session of its own, and what came back side by side. */
import { Client, DatabaseError } from "pg";
import type { Person } from "./people.ts";
import { type Cell, type Ink, plain, tableLines } from "./screen.ts";
import { type TourStep, tourSteps } from "./tour-steps.ts";

export interface ProxyAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

export type Answer =
  | {
      readonly kind: "rows";
      readonly columns: readonly string[];
      /** Values as the server printed them; `null` for NULL. All rows. */
      readonly rows: readonly (readonly (string | null)[])[];
    }
  | { readonly kind: "done"; readonly tag: string }
  | {
      readonly kind: "refused";
      readonly message: string;
      readonly sqlstate: string;
      readonly detail: string | undefined;
    };

export interface StepResult {
  readonly step: TourStep;
  /** In the order of the people. */
  readonly answers: readonly { readonly person: string; readonly answer: Answer }[];
}

const rowsShownMax = 4;
const sqlWidthMax = 108;

/** Asks every question as every person; `shown` is called after each question. */
export async function takeTour(
  address: ProxyAddress,
  people: readonly Person[],
  shown: (result: StepResult, number: number) => void,
): Promise<StepResult[]> {
  const sessions = await Promise.all(
    people.map(async (person) => ({ person, client: await connect(address, person) })),
  );
  try {
    const results: StepResult[] = [];
    for (const [index, step] of tourSteps.entries()) {
      const answers = [];
      for (const { person, client } of sessions) answers.push({ person: person.name, answer: await ask(client, step) });
      const result = { step, answers };
      results.push(result);
      shown(result, index + 1);
    }
    return results;
  } finally {
    await Promise.all(sessions.map(({ client }) => client.end()));
  }
}

async function connect(address: ProxyAddress, person: Person): Promise<Client> {
  const client = new Client({ ...address, user: person.name, password: person.password, application_name: "tour" });
  await client.connect();
  return client;
}

async function ask(client: Client, step: TourStep): Promise<Answer> {
  if (step.writes) await client.query("begin");
  try {
    return await answerOf(client, step.sql);
  } finally {
    if (step.writes) await client.query("rollback");
  }
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
    return { kind: "refused", message: error.message, sqlstate: error.code ?? "", detail: error.detail };
  }
}

export function stepLines({ step, answers }: StepResult, number: number, ink: Ink): string[] {
  return [
    ink.bold(`${number}. ${step.title}`),
    ...sqlLines(step.sql).map((line) => `   ${ink.accent(line)}`),
    "",
    ...answerTable(answers, ink),
    ...(step.note === "" ? [] : ["", `   ${ink.dim(step.note)}`]),
    "",
    "",
  ];
}

/** Who received the same stands in one line. */
function answerTable(answers: StepResult["answers"], ink: Ink): string[] {
  const groups: { people: string[]; answer: Answer }[] = [];
  for (const { person, answer } of answers) {
    const same = groups.find((group) => JSON.stringify(group.answer) === JSON.stringify(answer));
    if (same === undefined) groups.push({ people: [person], answer });
    else same.people.push(person);
  }
  const named = groups.map(({ people, answer }) => ({
    name: people.length === answers.length ? "everyone" : people.join(", "),
    answer,
  }));
  const nameWidth = Math.max(...named.map(({ name }) => name.length));
  const columns = named.flatMap(({ answer }) => (answer.kind === "rows" ? [answer.columns] : []))[0];
  const table: Cell[][] =
    columns === undefined ? [] : [["".padEnd(nameWidth), ...columns].map((text) => ({ text, ink: ink.dim }))];
  const others: string[] = [];
  for (const { name, answer } of named) {
    if (answer.kind === "rows") table.push(...rowCells(name, answer.rows, ink));
    else others.push(`   ${ink.bold(name.padEnd(nameWidth))}  ${otherAnswer(answer, ink)}`);
  }
  return [...tableLines(table, "   "), ...others];
}

function rowCells(name: string, rows: readonly (readonly (string | null)[])[], ink: Ink): Cell[][] {
  const shown = rows.length > rowsShownMax ? rows.slice(0, 2) : rows;
  const cells = shown.map((row, index): Cell[] => {
    const values = row.map((value): Cell => (value === null ? { text: "NULL", ink: ink.dim } : { text: value }));
    return [{ text: index === 0 ? name : "", ink: ink.bold }, ...values];
  });
  if (shown.length < rows.length) cells.push([{ text: "" }, { text: `… ${rows.length} rows in all`, ink: ink.dim }]);
  return cells;
}

function otherAnswer(answer: Exclude<Answer, { kind: "rows" }>, ink: Ink): string {
  if (answer.kind === "done") return ink.good(answer.tag);
  return `${ink.bad("refused")}  ${plain(answer.message)}  ${ink.dim(ruleIn(answer.detail))}`.trimEnd();
}

/** `rule penstock.agents:17 (agent_read_only)` → `penstock.agents:17`. */
function ruleIn(detail: string | undefined): string {
  return /^rule (\S+)/.exec(detail ?? "")?.[1] ?? "";
}

function sqlLines(sql: string): string[] {
  const lines = [""];
  for (const word of sql.split(" ")) {
    const line = lines[lines.length - 1] ?? "";
    if (line.length + word.length + 1 > sqlWidthMax) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
