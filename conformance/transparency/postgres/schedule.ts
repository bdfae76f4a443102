import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The scripts of a schedule of `pg_regress`, in order; those that it would run at the same time too. */
export function scriptsOfSchedule(path: string): string[] {
  const lines = readFileSync(path, "utf8").matchAll(/^test:(.*)$/gm);
  const names = Array.from(lines, ([, list = ""]) => list.trim().split(/\s+/)).flat();
  return names.map((name) => join(dirname(path), "sql", `${name}.sql`));
}
