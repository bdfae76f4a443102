/**
 * The names under which the tables and columns of a target were seen, on disk: so that what was renamed while the proxy did not run, or before it
 * was started again, is still known by the name that policies give it. One relation a line, for people who let the proxy forget some.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SeenNames } from "@penstock/engine";
import { z } from "zod";
import { errorCode } from "../config/system-error.ts";

const columns = z
  .record(z.string().regex(/^\d+$/), z.string())
  .transform((names) => new Map(Object.entries(names).map(([attnum, name]) => [Number(attnum), name])));
const shape = z.strictObject({ isView: z.boolean(), ids: z.array(z.string()), types: columns });
const naming = { schema: z.string(), name: z.string(), columns };
const seenNames = z.strictObject({
  database: z.string(),
  relations: z.array(
    z.strictObject({
      oid: z.int(),
      ...naming,
      shape: shape.exactOptional(),
      parents: z.array(z.int()).default([]),
      former: z.array(z.strictObject(naming)).default([]),
    }),
  ),
});

export class NamesFile {
  readonly path: string;

  /** @param folder made when it is first written to */
  constructor(folder: string, target: string) {
    this.path = join(folder, `${encodeURIComponent(target)}.names.json`);
  }

  /** `undefined` where there is none. @throws what the system or the parser says of one that cannot be read. */
  read(): SeenNames | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
    const { database, relations } = seenNames.parse(JSON.parse(text));
    return { databaseId: database, relations };
  }

  /** Whoever is interrupted leaves the old one. @throws what the system says. */
  write({ databaseId, relations }: SeenNames): void {
    const lines = relations.map(({ oid, schema, name, columns: own, shape: known, parents, former }) =>
      JSON.stringify({
        oid,
        schema,
        name,
        columns: Object.fromEntries(own),
        ...(known === undefined ? {} : { shape: { ...known, types: Object.fromEntries(known.types) } }),
        ...(parents.length === 0 ? {} : { parents }),
        ...(former.length === 0
          ? {}
          : { former: former.map((was) => ({ ...was, columns: Object.fromEntries(was.columns) })) }),
      }),
    );
    const text = `{"database":${JSON.stringify(databaseId)},"relations":[\n${lines.join(",\n")}\n]}\n`;
    mkdirSync(join(this.path, ".."), { recursive: true, mode: 0o700 });
    const partial = `${this.path}.${process.pid}.new`;
    try {
      writeFileSync(partial, text, { mode: 0o600, flush: true });
      renameSync(partial, this.path);
    } finally {
      rmSync(partial, { force: true });
    }
  }
}
