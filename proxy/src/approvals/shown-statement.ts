/**
 * What people are shown of a statement that waits, wherever they look: the store, messages, pages, the API, the command line, logs. Where the
 * configuration leaves what was written into a statement out of records (`audit.redact`), people decide without it too. What they say yes to is
 * bound to the statement as it is, all the same.
 */
import {
  type Catalog,
  type NameContext,
  redactedField,
  withheld,
  withoutLiterals,
  withoutPasswords,
} from "@penstock/engine";
import type { Need } from "./need.ts";

export interface ShownStatement {
  /** As the client sent it, then what it runs by name. */
  readonly texts: readonly string[];
  /** Text, `null` for NULL; what is binary as `\\x…`. */
  readonly parameters: readonly (string | null)[];
  /** With `?` in place of what a yes for statements that are alike leaves open; `undefined` where there is no such yes. */
  readonly alike: string | undefined;
  /** Literals, comments, values and reasons are left out. */
  readonly isRedacted: boolean;
}

/** @param records audit fields of its statements, by which the engine says whether they are redacted */
export function shownStatement(
  { texts, parameters, alike }: Omit<ShownStatement, "isRedacted">,
  records: readonly string[],
  catalog: Catalog,
  names: NameContext,
): ShownStatement {
  const isRedacted = records.some((fields) => fields.includes(redactedField));
  if (!isRedacted) return { texts: texts.map(withoutPasswords), parameters, alike, isRedacted };
  const kept = texts.map((text) => withoutLiterals(text, catalog, names));
  return {
    texts: kept,
    parameters: parameters.map(() => withheld),
    // A yes leaves less open than it shows: what stays bound is a literal too.
    alike: alike === undefined ? undefined : kept[0],
    isRedacted,
  };
}

/** Reasons are texts that policies may make of anything. */
export function shownNeeds(needs: readonly Need[], { isRedacted }: ShownStatement): readonly Need[] {
  if (!isRedacted) return needs;
  return needs.map((need) => (need.because === undefined ? need : { ...need, because: withheld }));
}
