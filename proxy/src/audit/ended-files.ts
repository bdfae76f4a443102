/** The files of the audit log before the present one, by their names: `audit.jsonl` becomes `audit-20260102T030405678Z.jsonl` when it ends. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";

/** A name that nothing has. */
export function endedName(path: string): string {
  const extension = extname(path);
  for (let ms = Date.now(); ; ms++) {
    const time = new Date(ms).toISOString().replaceAll(/[-:.]/g, "");
    const name = `${path.slice(0, path.length - extension.length)}-${time}${extension}`;
    if (!existsSync(name)) return name;
  }
}

/** Those before the file at `path`, the oldest first. */
export function endedFiles(path: string): string[] {
  const extension = extname(path);
  const stem = `${basename(path, extension)}-`;
  const isEnded = (name: string): boolean =>
    name.startsWith(stem) &&
    name.endsWith(extension) &&
    /^\d{8}T\d{9}Z$/.test(name.slice(stem.length, name.length - extension.length));
  return readdirSync(dirname(path))
    .filter(isEnded)
    .toSorted()
    .map((name) => join(dirname(path), name));
}
