import { randomBytes } from "node:crypto";
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Writes a file as a whole: no reader ever sees half of it, and one that cannot be written stays as it was. */
export function replaceFile(file: string, content: string | Uint8Array, mode: number): void {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString("hex")}`);
  try {
    writeFileSync(temporary, content, { mode: 0o600, flag: "wx", flush: true });
    chmodSync(temporary, mode);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
