/** Which statements are recorded without what was written into them, and how. */
import { createHmac, randomBytes } from "node:crypto";
import type { Catalog } from "../catalog/catalog.ts";
import type { NameContext } from "../enforcer.ts";
import { dialectOf } from "../sql/dialects.ts";
import type { StatementFacts } from "../sql/facts.ts";
import type { Redaction, World } from "./world.ts";

/**
 * Whether a statement is recorded without its literals: it touches such a column, or nobody can tell. DDL counts by the
 * tables that it names; of PREPARE, SET, CALL and the like nobody knows what their texts and values are for.
 */
export function isRedacted(world: World, facts: StatementFacts): boolean {
  const { redaction } = world;
  if (redaction === undefined) return false;
  const { columns, tables, opaque, unknown, session, inner, category } = facts;
  if (opaque.length > 0 || unknown.length > 0 || session !== undefined || inner !== undefined) return true;
  if (tables.some(({ relation }) => world.labelErrors.has(relation.path))) return true;
  const isWanted = (labels: ReadonlySet<string>): boolean => [...labels].some((label) => covers(redaction, label));
  if (columns.some(({ relation, column }) => isWanted(world.column(relation, column).labels))) return true;
  if (category === "read" || category === "write" || category === "transaction") return false;
  if (category !== "ddl" && category !== "privilege") return true;
  return tables.some(({ relation }) => world.columnsOf(relation).some(({ labels }) => isWanted(labels)));
}

function covers({ labels }: Redaction, label: string): boolean {
  return labels.some((each) => label === each || label.startsWith(`${each}.`));
}

/** Of a text that was read; where that fails, only that it was the same as another one can be told. */
export function redactedText(world: World, text: string, names: NameContext): string {
  try {
    return world.dialect.withoutLiterals(text, world.catalog, names);
  } catch {
    return textDigest(text);
  }
}

/** A text that was read, for people who may not see what was written into it; `withheld` where that fails. */
export function withoutLiterals(text: string, catalog: Catalog, names: NameContext): string {
  try {
    return dialectOf(catalog).withoutLiterals(text, catalog, names);
  } catch {
    return withheld;
  }
}

/** Of this proxy, and nowhere else: with a plain digest, whoever guesses what was written could try all there is to guess. */
const digestKey = randomBytes(32);

/** For other processes of the same proxy, which shall make the same digests. */
export function ownDigestKey(): Uint8Array {
  return digestKey;
}

/** @param key of the first process of the proxy */
export function useDigestKey(key: Uint8Array): void {
  digestKey.set(key);
}

/** In place of a text of which nothing may be shown: the same for the same text, while the process runs. */
export function textDigest(text: string): string {
  return `hmac-sha256:${createHmac("sha256", digestKey).update(text).digest("hex")}`;
}

/** In place of messages, which policies may make of anything. */
export const withheld = "***";

/** In `auditFields` of a statement that is redacted: within a text its quotes would be escaped. */
export const redactedField = '"redacted":true,"revision":';
