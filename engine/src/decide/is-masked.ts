import type { Value } from "@penstock/language";
import type { StatementFacts } from "../sql/facts.ts";
import { queryValue } from "./query-value.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** Asks the mask rules about every column of the database for a plain read: is anything hidden from this principal? */
export function somethingIsMasked(world: World, subject: Subject, data?: Value): boolean {
  if (!world.program.hasMasks) return false;
  const query = queryValue(world, plainRead, "", "", undefined);
  const candidates = world.userColumns().map((column) => column.value);
  return world.program
    .evaluate({ ...subject, query }, candidates, data)
    .some((effect) => effect.kind === "mask" || (effect.kind === "error" && effect.statement === "mask"));
}

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
};
