import type { Value } from "@penstock/language";
import type { StatementFacts } from "../sql/facts.ts";
import { combine } from "./combine.ts";
import { queryValue } from "./query-value.ts";
import { masksOfRelation } from "./relation-masks.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/**
 * Names of all relations of the database of which something is hidden from this principal. Not empty: what cannot be analysed is
 * refused. Asks the mask rules about every column for a plain read; a rule that fails hides everything.
 */
export function maskedNames(world: World, subject: Subject, data?: Value): ReadonlySet<string> {
  if (!world.program.hasMasks) return nothing;
  const query = queryValue(world, plainRead, "", "", undefined);
  const candidates = world.userColumns();
  const effects = world.program.evaluate(
    { ...subject, query },
    candidates.map((column) => column.value),
    data,
  );
  const failed = effects.some((effect) => effect.kind === "error" && effect.statement === "mask");
  const { masks } = combine(effects, false);
  if (masks.size === 0 && !failed) return nothing;
  const names = new Set<string>();
  for (const relation of new Set(candidates.map((column) => column.relation))) {
    const result = masksOfRelation(world, relation, masks);
    if (failed || result.kind === "refused" || result.masks !== undefined) names.add(relation.name);
  }
  return names;
}

const nothing: ReadonlySet<string> = new Set();

const plainRead: StatementFacts = {
  start: 0,
  end: 0,
  kind: "select",
  category: "read",
  tables: [],
  columns: [],
  outputs: [],
  functions: [],
  hasWhere: false,
  whereIsConstant: false,
  limit: undefined,
  joins: 0,
  opaque: [],
  unknown: [],
  inner: undefined,
  session: undefined,
  serverCopy: undefined,
};
