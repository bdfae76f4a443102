/** What a client of MySQL's protocol saw of a script, in a form in which two can be compared. */
import { isEnd, lengthOfNumber, type MysqlConversation, type Packets } from "../../support/mysql-conversation.ts";
import type { Outcome } from "../check.ts";
import type { Script, Step } from "./scripts.ts";
import { writtenDatabase } from "./twin-shops.ts";

type Ordered = Pick<Script, "isOrdered">;

export interface Answer {
  readonly step: Step;
  readonly packets: Packets;
}

/** Runs the steps one after the other, and leaves the session as it was. @param database where it is, which statements may name */
export async function play(script: Script, client: MysqlConversation, database: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const step of script.steps) answers.push(await ask(client, database, step));
  await client.reset();
  return answers;
}

export async function ask(client: MysqlConversation, database: string, step: Step): Promise<Answer> {
  const sql = step.sql.replaceAll(writtenDatabase, database);
  const packets = await (step.mode === "text" ? client.query(sql) : client.execute(sql, step.parameters));
  return { step, packets: packets.map((packet) => named(packet, database)) };
}

/** The databases' names are of one length, so that nothing else of a packet changes. */
function named(packet: Buffer, database: string): Buffer {
  const text = packet.toString("latin1").replaceAll(database, writtenDatabase);
  // The line of the rule that hides something of this database.
  return Buffer.from(text.replaceAll(/(?<=rule \w+:)\d+/g, "1"), "latin1");
}

const denied = 1142;
/** `max_statement_time` is over; `KILL QUERY`. */
const timedOut: ReadonlySet<number> = new Set([1969, 1317]);

export function errorsOf(answers: readonly Answer[]): number[] {
  return answers.flatMap(({ packets }) =>
    packets.filter((packet) => packet[0] === 0xff).map((packet) => packet.readUInt16LE(1)),
  );
}

export function outcomeOf(answers: readonly Answer[]): Outcome {
  const errors = errorsOf(answers);
  if (errors.some((number) => timedOut.has(number))) return "timed out";
  if (errors.includes(denied)) return "denied";
  return errors.length > 0 ? "failed" : "ran";
}

/**
 * Every byte of the answer, rows sorted where the statement fixes no order.
 * @param plansDiffer where rows are hidden, how many there are may change the plan, and with it how often an expression warns and whether a
 * result goes through a temporary table, which loses the alias in its description. What reads one table is planned alike.
 */
export function everything(script: Ordered, answers: readonly Answer[], plansDiffer: boolean): string[] {
  return answers.flatMap((answer, index) => {
    const of = answer.step.sql;
    const before = answers[index - 1]?.step.sql ?? of;
    const dependsOnPlan = plansDiffer && (isPlanned(of) || (warned.test(of) && isPlanned(before)));
    return [
      `> ${of}`,
      ...lines(script, answer).flatMap(({ kind, packet }) => {
        const whole = `${kind} ${withoutTimes(packet.toString("latin1"))}`;
        if (!dependsOnPlan) return [whole];
        if (kind === "column" || kind === "described")
          return [`${kind} ${packet[0] === 0x03 ? nameAndType(packet) : ""}`];
        if (kind === "ok") return [whole.replace(/.{4}(?=.\(?Rows|$)/s, "").replace(/Warnings: \d+/, "")];
        return kind === "end" || warned.test(of) ? [] : [whole];
      }),
    ];
  });
}

const warned = /show warnings|show errors|warning_count/;

/** More than one relation is read, or one that is computed. */
function isPlanned(sql: string): boolean {
  return /\bjoin\b|view_|\bfrom [^()]*, /.test(sql) || sql.split(/\bfrom\b/).length > 2;
}

/** When a table was made is another second for each database. */
function withoutTimes(text: string): string {
  return text.replaceAll(today, "(time)");
}

const today = new RegExp(String.raw`${new Date().toISOString().slice(0, 10)} \d\d:\d\d:\d\d`, "g");

/**
 * What must be as if the masked values stood in the table: names and types of columns, rows, errors and how many rows were changed. Not:
 * which table a column comes from, since a masked one comes from none, how long it may be, nor how many warnings there were, since how often
 * an expression is evaluated depends on the plan. Texts that are alike for their collation are the same here: which of them stands for a
 * group nothing fixes.
 */
export function meaning(script: Ordered, answers: readonly Answer[]): string[] {
  return answers.flatMap((answer) =>
    lines(script, answer).flatMap(({ kind, packet }) => {
      switch (kind) {
        case "column":
          return [`column ${nameAndType(packet)}`];
        case "row":
          return ofPlans.test(answer.step.sql) ? [] : [`row ${packet.toString("latin1").toLowerCase()}`];
        case "error":
          return [`error ${packet.readUInt16LE(1)}`];
        case "ok":
          return [`ok ${packet[1]}`];
        default:
          return [];
      }
    }),
  );
}

/** What says how often something was evaluated, and FOUND_ROWS of a UNION, which the manual calls an approximation. */
const ofPlans = /show warnings|show errors|warning_count|found_rows\(\)/;

interface Line {
  readonly kind: "count" | "column" | "row" | "end" | "ok" | "error" | "described";
  readonly packet: Buffer;
}

/** Rows are sorted by their bytes. */
function lines({ isOrdered }: Ordered, { step: { mode }, packets }: Answer): Line[] {
  const isPrepared = mode === "prepared";
  const found: Line[] = [];
  let rows: Line[] = [];
  let state: "start" | "columns" | "rows" = "start";
  let described = 0;
  const flush = () => {
    if (!isOrdered) rows.sort((a, b) => Buffer.compare(lower(a.packet), lower(b.packet)));
    found.push(...rows);
    rows = [];
  };
  for (const [index, packet] of packets.entries()) {
    const head = packet[0] ?? 0;
    if (described > 0) {
      found.push({ kind: "described", packet });
      described--;
    } else if (index === 0 && isPrepared && head === 0x00) {
      // How many columns and marks are described, each list with its end.
      for (const count of [packet.readUInt16LE(1), packet.readUInt16LE(3)]) described += count === 0 ? 0 : count + 1;
      found.push({ kind: "described", packet });
    } else if (head === 0xff) {
      flush();
      found.push({ kind: "error", packet });
      state = "start";
    } else if (isEnd(packet)) {
      flush();
      found.push({ kind: "end", packet });
      state = state === "columns" ? "rows" : "start";
    } else if (state === "rows") {
      rows.push({ kind: "row", packet });
    } else if (packet.subarray(0, 4).toString("latin1") === "\x03def") {
      found.push({ kind: "column", packet });
      if (state === "start") state = "columns";
    } else if (head === 0x00) {
      found.push({ kind: "ok", packet });
    } else {
      found.push({ kind: "count", packet });
      state = "columns";
    }
  }
  flush();
  return found;
}

function lower(packet: Buffer): Buffer {
  return Buffer.from(packet.toString("latin1").toLowerCase(), "latin1");
}

const fixedLength = 0x0c;

/** Of a column definition: its own name and the number of its type (protocol: ColumnDefinition41). */
function nameAndType(packet: Buffer): string {
  let at = 0;
  const texts: string[] = [];
  // Catalog, schema, table, original table, name, original name; MariaDB's extended description, where mysql2 has asked for it.
  while (texts.length < 6 || packet[at] !== fixedLength) {
    const first = packet[at] ?? 0;
    const length = first < 0xfb ? first : packet.readUInt16LE(at + 1);
    at += lengthOfNumber(first);
    texts.push(packet.toString("utf8", at, at + length));
    at += length;
  }
  // After the length of what is fixed (1 byte): character set (2), length (4), type (1).
  const type = packet[at + 7] ?? 0;
  return `${texts[4]} ${textTypes.has(type) ? "text" : integerTypes.has(type) ? "integer" : type}`;
}

/** Texts and bytes of any length: a column and an expression of its type differ in which of these they are called. */
const textTypes: ReadonlySet<number> = new Set([249, 250, 251, 252, 253, 254]);
/** There is no cast to a short integer. */
const integerTypes: ReadonlySet<number> = new Set([1, 2, 3, 8, 9]);
