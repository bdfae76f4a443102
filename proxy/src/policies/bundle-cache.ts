/**
 * The last good bundle on disk, for starts at which its address cannot be reached. It is believed no more than what comes over the network:
 * signature and digests are checked again.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../config/system-error.ts";

const name = "bundle.tar.gz";

/** Undefined where there is none yet. @throws what the system says of one that cannot be read. */
export function readCachedBundle(folder: string): Buffer | undefined {
  try {
    return readFileSync(join(folder, name));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Whoever is interrupted leaves the old one. @throws what the system says. */
export function writeCachedBundle(folder: string, bytes: Buffer): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partial = join(folder, `.${name}.${process.pid}`);
  try {
    writeFileSync(partial, bytes, { mode: 0o600, flush: true });
    renameSync(partial, join(folder, name));
  } finally {
    rmSync(partial, { force: true });
  }
}
