import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Replaces a file's content as a whole: whoever reads it meanwhile, a proxy that watches its policies among them, sees the old text or the new
 * one. The file's mode stays, and a symbolic link stays one.
 */
export function writeAtomically(path: string, text: string): void {
  const target = realpathSync(path);
  const fresh = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  try {
    const file = openSync(fresh, "wx", statSync(target).mode);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
