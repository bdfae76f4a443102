/** Workflow commands, by which GitHub Actions shows a message beside the line that it is about. */
import { printable } from "@penstock/language";
import { repositoryPath } from "./repository-path.ts";

export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column?: number;
  readonly endColumn?: number;
  readonly title: string;
  /** May have several lines. */
  readonly message: string;
}

/** One line `::error file=…::message`. */
export function workflowCommand({ level, file, line, column, endColumn, title, message }: Annotation): string {
  const properties = Object.entries({ file: repositoryPath(file), line, col: column, endColumn, title })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level} ${properties.join(",")}::${escapeData(message)}`;
}

/** As the runner undoes it: `%`, CR and LF, and in properties `:` and `,` too (actions/toolkit, packages/core/src/command.ts). */
function escapeData(text: string): string {
  return printable(text.replaceAll("\r\n", "\n")).replaceAll("%", "%25").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
