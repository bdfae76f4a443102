import { type Logger, pino } from "pino";
import { escapeForTerminal, escapeJsonLine } from "../audit/escape.ts";

export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: "auto" | "json" | "pretty";
}

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Messages for the operator: JSON Lines for machines, one line a message for people. Whatever a client supplied is escaped in
 * both, so that it can neither add lines nor drive a terminal. Secrets and SQL parameters are never given to it.
 */
export function createLogger(options: LogOptions, output: Output = process.stderr): Logger {
  const pretty = options.format === "pretty" || (options.format === "auto" && output.isTTY === true);
  const settings = { level: options.level, base: {}, timestamp: pino.stdTimeFunctions.isoTime };
  const write = (line: string) => void output.write(pretty ? prettyLine(line) : `${escapeJsonLine(line.trimEnd())}\n`);
  return pino({ ...settings, formatters: { level: (label) => ({ level: label }) } }, { write });
}

/** `21:40:05 warn  the message  key=value`, and below it the lines of a report, where there is one. */
function prettyLine(json: string): string {
  const { level, time, msg, report, ...fields }: Record<string, unknown> = JSON.parse(json);
  const clock = String(time).slice(11, 19);
  const extra = Object.entries(fields).map(
    ([key, value]) => `  ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const first = `${clock} ${String(level).padEnd(5)} ${escapeForTerminal(`${String(msg)}${extra.join("")}`)}\n`;
  if (typeof report !== "string") return first;
  const lines = report.split("\n").map((line) => `  ${escapeForTerminal(line)}\n`);
  return first + lines.join("");
}
