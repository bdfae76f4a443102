import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { StringDecoder } from "node:string_decoder";
import { isOfChain } from "../audit/chain.ts";
import { escapeJsonLine } from "../audit/escape.ts";
import { type AuditRecord, isDenied, parseRecord, printRecord } from "../audit/print-record.ts";
import { cannotRead } from "../config/system-error.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

export interface TailOptions {
  readonly session?: string;
  readonly denied?: true;
  readonly format: "pretty" | "json";
  readonly lines: number;
  readonly follow?: true;
  readonly full?: true;
}

const readBytes = 64 * 1024;
const pollMs = 200;

/** `policy-proxy audit tail`. */
export async function tail(file: string, options: TailOptions): Promise<void> {
  const lines = new LineReader(file);
  let newest: string[] = [];
  for (const line of lines.read()) {
    const printed = printLine(line, options);
    if (printed === undefined) continue;
    newest.push(printed);
    // Cut now and then, not for each line.
    if (newest.length > options.lines * 2 + 1000) newest = newest.slice(-options.lines);
  }
  for (const line of options.lines === 0 ? [] : newest.slice(-options.lines)) process.stdout.write(`${line}\n`);
  while (options.follow === true) {
    await sleep(pollMs);
    for (const line of lines.read()) {
      const printed = printLine(line, options);
      if (printed !== undefined) process.stdout.write(`${printed}\n`);
    }
  }
  lines.close();
}

function printLine(line: string, options: TailOptions): string | undefined {
  if (isOfChain(line)) return undefined;
  const record = parseRecord(line);
  if (record === undefined || !isWanted(record, options)) return undefined;
  return options.format === "json" ? escapeJsonLine(line) : printRecord(record, options.full === true);
}

function isWanted(record: AuditRecord, options: TailOptions): boolean {
  if (options.session !== undefined && !record.session.startsWith(options.session)) return false;
  if (options.denied !== true) return true;
  return isDenied(record) || record.event === "refused" || record.event === "alert";
}

/** Lines of a file that grows, is replaced or is cut. */
class LineReader {
  readonly #file: string;
  readonly #buffer = Buffer.alloc(readBytes);
  #descriptor: number;
  #decoder = new StringDecoder("utf8");
  #rest = "";
  #offset = 0;

  constructor(file: string) {
    this.#file = file;
    this.#descriptor = this.#open();
  }

  /** The whole lines that were written since the last call. */
  *read(): Generator<string> {
    yield* this.#readToEnd();
    if (!this.#wasReplaced()) return;
    yield* this.#readToEnd();
    closeSync(this.#descriptor);
    this.#descriptor = this.#open();
    this.#decoder = new StringDecoder("utf8");
    this.#rest = "";
    this.#offset = 0;
    yield* this.#readToEnd();
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  *#readToEnd(): Generator<string> {
    for (;;) {
      const bytes = readSync(this.#descriptor, this.#buffer, 0, readBytes, this.#offset);
      if (bytes === 0) return;
      this.#offset += bytes;
      const lines = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, bytes))).split("\n");
      this.#rest = lines.pop() ?? "";
      yield* lines;
    }
  }

  #wasReplaced(): boolean {
    try {
      const now = statSync(this.#file);
      const ours = fstatSync(this.#descriptor);
      return now.ino !== ours.ino || now.dev !== ours.dev || ours.size < this.#offset;
    } catch {
      // Between renaming and reopening the path is empty for a moment.
      return false;
    }
  }

  #open(): number {
    try {
      return openSync(this.#file, "r");
    } catch (error) {
      throw new CommandError(`${this.#file} ${cannotRead(error)}`, exitCodes.misuse);
    }
  }
}
