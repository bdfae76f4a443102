/** The attack corpus: `attacks/*.yaml`, a list of cases by class of threat. */
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const statements = z.array(z.string()).min(1);

const attackCase = z.strictObject({
  /** Number in the list of threats. */
  class: z.int().positive(),
  name: z.string().min(1),
  as: z.enum(["analyst", "agent"]).default("analyst"),
  /** Run directly at the server before, by the owner of the tables; `undo` afterwards. */
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

export function readAttacks(): AttackCase[] {
  const folder = new URL("attacks/", import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .flatMap((name) => readFile(name, folder));
}

/** Those on rows that a filter hides. */
export function readAttacksOnRows(): AttackCase[] {
  return readFile("attacks-on-rows.yaml", new URL("./", import.meta.url));
}

function readFile(name: string, folder: URL): AttackCase[] {
  const cases = z.array(attackCase).parse(parse(readFileSync(new URL(name, folder), "utf8")));
  return cases.map((each) => ({ ...each, file: name }));
}
