import type { StatementFacts } from "../sql/facts.ts";
import type { Catalog } from "./catalog.ts";
import { readBelow } from "./labels.ts";

/** Whether a statement of MySQL's could run code that somebody has stored: routines that it or a view calls, triggers, or what nobody reads. */
export function mayRunStoredCode(catalog: Catalog, { category, functions, kind, tables }: StatementFacts): boolean {
  if (category === "opaque" || kind === "call" || kind === "do") return true;
  if (functions.some(({ builtin }) => !builtin)) return true;
  return tables.some(({ relation, access }) => {
    const below = readBelow(catalog, relation);
    const isChanged = !access.isSubsetOf(reading);
    return (
      below.functions.some(({ builtin }) => !builtin) ||
      (isChanged && [relation, ...below.tables].some(({ triggers }) => triggers.length > 0))
    );
  });
}

const reading: ReadonlySet<string> = new Set(["read", "lock"]);
