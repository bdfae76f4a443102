import type { Column, Relation } from "../catalog/catalog.ts";
import type { TokenResult } from "../enforcer.ts";
import { textShape } from "../masks/base-type.ts";
import type { TokenOutputs } from "../sql/rewriting.ts";
import type { World } from "./world.ts";

/** What whoever has the key needs to put tokens into a result. */
export function tokenResult(world: World, tokens: TokenOutputs | undefined): TokenResult | undefined {
  if (tokens === undefined) return undefined;
  const { outputs, width, hasUnion } = tokens;
  return {
    columns: outputs.map(({ position, relation, column }) => {
      const shape = textShape(column);
      return {
        index: position - 1,
        domain: tokenDomain(world, relation, column),
        origin: relation.oid * 65_536 + column.attnum,
        // MySQL shows the padding of `char` under PAD_CHAR_TO_FULL_LENGTH only.
        isPadded: shape?.kind === "bpchar" || shape?.kind === "char",
        paddedTo: shape?.kind === "bpchar" ? (shape.length ?? 0) : 0,
        characterSet: column.characterSet,
      };
    }),
    width,
    hasUnion,
  };
}

/**
 * Columns of one label have one domain, so that results can be joined by their tokens whatever table they come from. A column without a
 * label has one of its own, which a view's column shares with the one that it shows, and a partition with its parent.
 */
function tokenDomain(world: World, relation: Relation, column: Column): string {
  const { label, path } = world.column(relation, column);
  if (label !== "") return `label ${label}`;
  const found = new Map<string, Relation>();
  const visit = (of: Relation, one: Column): void => {
    // As it was called first: tokens stay the same when the column is renamed.
    const { path: now, former } = world.column(of, one);
    const key = former[0]?.path ?? now;
    if (found.has(key)) return;
    found.set(key, of);
    for (const origin of world.origins.of(of).columns.get(one.attnum) ?? []) {
      if (origin.direct) visit(origin.relation, origin.column);
    }
  };
  visit(relation, column);
  const tables = [...found].filter(([, of]) => of.kind !== "view" && of.kind !== "materialized_view");
  return `column ${tables.map(([key]) => key).sort()[0] ?? path}`;
}
