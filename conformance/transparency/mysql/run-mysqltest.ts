/** Scripts of `mysqltest`, run statement by statement, directly or through the proxy by somebody from whom nothing is hidden. */
import { existsSync, readFileSync } from "node:fs";
import { MysqlConversation, type Packets } from "../../support/mysql-conversation.ts";
import type { ProxiedLogin } from "../../support/proxied.ts";
import type { Side } from "../outputs.ts";
import { answerLines, preparedAnswerLines, sortedRows, warningsOf } from "../../support/mysql-answer-lines.ts";
import type { Script, Step } from "./mysqltest-steps.ts";
import { startMysqlSide } from "./side.ts";

/** What came of each statement, as lines. */
export interface Answers {
  readonly answers: readonly (readonly string[])[];
  readonly faults: readonly unknown[];
}

/** As MariaDB's own runner starts its servers. */
const defaults = [
  "--character-set-server=latin1",
  "--collation-server=latin1_swedish_ci",
  "--local-infile",
  "--loose-innodb-buffer-pool-size=32M",
  "--default-storage-engine=MyISAM",
];

/** @param isPrepared each statement that can be is sent as a prepared one @param path of the script, beside which its options lie */
export async function runMysqltest(script: Script, path: string, side: Side, isPrepared: boolean): Promise<Answers> {
  const { login, faults, stop } = await startMysqlSide(side, [...defaults, ...optionsOf(path)]);
  const connections = new Connections(login);
  try {
    const answers: (readonly string[])[] = [];
    for (const step of script.steps) {
      // oxlint-disable no-await-in-loop -- statements stand on those before them
      if (step.kind === "statement") answers.push(await answered(connections, step, isPrepared));
      else await connections.change(step);
      // oxlint-enable no-await-in-loop
    }
    return { answers, faults };
  } finally {
    connections.close();
    await stop();
  }
}

/** Options of the server that the script asks for; those with the runner's variables in them are not for us. */
function optionsOf(path: string): string[] {
  const files = [".opt", "-master.opt"].map((ending) => path.replace(/\.test$/, ending));
  const words = files.filter((file) => existsSync(file)).flatMap((file) => readFileSync(file, "utf8").split(/\s+/));
  return words.filter((word) => word.startsWith("--") && !/\$|plugin|^--(?:log-bin|skip-grant|init-)/.test(word));
}

/** A session under each name that the script gives one. */
class Connections {
  readonly #login: ProxiedLogin;
  readonly #open = new Map<string, Promise<MysqlConversation>>();
  #current = "default";
  /** Of other users, whom the servers here do not have. */
  readonly #others = new Set<string>();

  constructor(login: ProxiedLogin) {
    this.#login = login;
  }

  /** `undefined` while the script is somebody else. */
  async current(): Promise<MysqlConversation | undefined> {
    if (this.#others.has(this.#current)) return undefined;
    return this.#opened(this.#current, this.#login.database);
  }

  async change(step: Exclude<Step, { kind: "statement" }>): Promise<void> {
    switch (step.kind) {
      case "connection":
        this.#current = step.name;
        return;
      case "connect":
        this.#current = step.name;
        if (step.user !== "root" && step.user !== "") this.#others.add(step.name);
        // One that names a database that is not there yet is not for us either.
        else await this.#opened(step.name, step.database).catch(() => this.#others.add(step.name));
        return;
      case "disconnect":
        this.#others.delete(step.name);
        await this.lost(step.name);
        return;
      case "reset":
        await (await this.current())?.reset();
    }
  }

  /** Nothing more is to be had of it. */
  async lost(name = this.#current): Promise<void> {
    const conversation = this.#open.get(name);
    this.#open.delete(name);
    (await conversation?.catch(() => undefined))?.close();
  }

  close(): void {
    for (const name of this.#open.keys()) void this.lost(name);
  }

  #opened(name: string, database: string): Promise<MysqlConversation> {
    const before = this.#open.get(name);
    if (before !== undefined) return before;
    const opened = MysqlConversation.open({ ...this.#login, database: database === "" ? "test" : database });
    this.#open.set(name, opened);
    return opened;
  }
}

type Statement = Extract<Step, { kind: "statement" }>;

async function answered(connections: Connections, step: Statement, isPrepared: boolean): Promise<readonly string[]> {
  try {
    const conversation = await connections.current();
    if (conversation === undefined) return ["left out: the connection is another user's"];
    const lines = await asked(conversation, step, isPrepared);
    return step.isSorted ? sortedRows(lines) : lines;
  } catch (error) {
    await connections.lost();
    return [`lost: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** ER_UNSUPPORTED_PS; and no text of several statements can be prepared. */
const notPrepared = /^error (?:1295|1064) /;

async function asked(conversation: MysqlConversation, { sql }: Statement, isPrepared: boolean): Promise<string[]> {
  const text = Buffer.from(sql, "latin1");
  if (isPrepared) {
    const packets = await conversation.execute(text, []);
    const lines = preparedAnswerLines(packets);
    if (!notPrepared.test(lines[0] ?? "")) return lines;
  }
  const packets = await conversation.query(text);
  const lines = answerLines(packets);
  if (warningsOf(packets) === 0) return lines;
  const warnings: Packets = await conversation.query("show warnings");
  return [...lines, ...answerLines(warnings).filter((line) => line.startsWith("row "))];
}
