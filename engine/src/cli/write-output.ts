import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./exit-codes.ts";

/**
 * Writes what a command makes as a whole or not at all: who reads the file, or stops this process, never meets a half of it. Folders are made.
 * @throws UsageError where it cannot be written
 */
export function writeOutput(path: string, content: string | Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, content);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError(`\`${path}\` cannot be written: ${why}`, { cause: error });
  }
}

/** As `writeOutput`, for a text that ends with its last line. */
export function writeReport(path: string, text: string): void {
  writeOutput(path, text.endsWith("\n") ? text : `${text}\n`);
}

function replaceFile(path: string, content: string | Uint8Array): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, content);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
