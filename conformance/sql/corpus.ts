import { readFileSync } from "node:fs";

/** A line of a corpus of statements: the text, where it is from, and whether the owner of the grammar accepts it. */
export interface CorpusLine {
  readonly sql: string;
  readonly source: string;
  /** By PostgreSQL's parser, or MariaDB's PREPARE. Absent where nobody has asked. */
  readonly accepted: boolean | undefined;
}

/** Reads a corpus in JSON lines. A line that is none ends the reading with its number. */
export function readCorpus(file: string): readonly CorpusLine[] {
  const lines: CorpusLine[] = [];
  for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
    if (line.trim() === "") continue;
    let value: {
      readonly sql?: unknown;
      readonly source?: unknown;
      readonly libpg_ok?: unknown;
      readonly maria_ok?: unknown;
    };
    try {
      value = JSON.parse(line) as typeof value;
    } catch (error) {
      throw new Error(`${file}:${index + 1} is not JSON`, { cause: error });
    }
    if (typeof value.sql !== "string") throw new Error(`${file}:${index + 1} has no "sql"`);
    const accepted = value.libpg_ok ?? value.maria_ok;
    lines.push({
      sql: value.sql,
      source: typeof value.source === "string" ? value.source : "",
      accepted: typeof accepted === "boolean" ? accepted : undefined,
    });
  }
  return lines;
}
