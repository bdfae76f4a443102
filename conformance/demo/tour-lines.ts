/** A step of the tour as lines: what came back, side by side. */
import { type Cell, type Ink, plain, tableLines } from "./screen.ts";
import type { ServerResult, StepResult } from "./tour.ts";
import type { Answer } from "./tour-session.ts";

const rowsShownMax = 4;
const sqlWidthMax = 108;

export function stepLines({ step, servers: [first, ...others] }: StepResult, number: number, ink: Ink): string[] {
  if (first === undefined) return [];
  return [
    ink.bold(`${number}. ${step.title}`),
    ...serverLines(first, ink),
    ...others.flatMap((other) => otherServerLines(other, first, ink)),
    "",
    "",
  ];
}

function serverLines(result: ServerResult, ink: Ink): string[] {
  return [...sqlLines(result.sql, ink), "", ...answerTable(result.answers, ink), ...noteLines(result.note, ink)];
}

/** Only what differs is worth a second look. */
function otherServerLines(other: ServerResult, first: ServerResult, ink: Ink): string[] {
  const name = ink.bold(other.server.serverName);
  const answers = answerTable(other.answers, ink);
  const isSameSql = other.sql === first.sql;
  const notes = other.note === first.note ? [] : noteLines(other.note, ink);
  const isSame = isSameSql && answers.join("\n") === answerTable(first.answers, ink).join("\n");
  if (isSame) return ["", `   ${name}: the same.`, ...notes];
  return ["", `   ${name}:`, ...(isSameSql ? [] : sqlLines(other.sql, ink)), "", ...answers, ...notes];
}

function noteLines(note: string, ink: Ink): string[] {
  return note === "" ? [] : ["", `   ${ink.dim(note)}`];
}

/** Who received the same stands in one line. */
function answerTable(answers: ServerResult["answers"], ink: Ink): string[] {
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
  return `${ink.bad("refused")}  ${plain(answer.message)}  ${ink.dim(answer.rule)}`.trimEnd();
}

function sqlLines(sql: string, ink: Ink): string[] {
  const lines = [""];
  for (const word of sql.split(" ")) {
    const line = lines[lines.length - 1] ?? "";
    if (line.length + word.length + 1 > sqlWidthMax) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => `   ${ink.accent(line)}`);
}
