/** The attack corpus: `*.yaml`, lists of cases. A case is one variant of a threat together with its harmless twin. */
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { people } from "./people.ts";

const statements = z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)]);

const attackCase = z.strictObject({
  /** Number in `threats`. */
  class: z.int().positive(),
  name: z.string().min(1),
  /** Whoever is from whom something is hidden may try; those from whom only rows are, or who may less than others, where it says so. */
  as: z.array(z.enum(people)).min(1).default(["analyst", "regional"]),
  /** Whether a database in which masked values stand would answer alike; not where the server is asked about itself. */
  comparable: z.boolean().default(true),
  /** Run directly at the server before, by the owner of the tables; `undo` afterwards, where it is not only about new objects. */
  setup: statements.optional(),
  undo: statements.optional(),
  /** In one session, one after the other; each may fail. */
  attack: statements,
  /** What would act on the server itself, whatever the answer holds: each must be denied. */
  refused: statements.optional(),
  /** The same without ill intent: each must run, and one at least must give rows. */
  twin: statements,
});

export type AttackCase = z.infer<typeof attackCase> & { readonly file: string };

/** @param folder with the files of one server's dialect */
export function readAttacks(folder = new URL("./", import.meta.url)): AttackCase[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .flatMap((name) => readFile(name, folder));
}

function readFile(name: string, folder: URL): AttackCase[] {
  const cases = z.array(attackCase).parse(parse(readFileSync(new URL(name, folder), "utf8")));
  return cases.map((each) => ({ ...each, file: name }));
}
