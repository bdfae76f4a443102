import { assignedColumns } from "./trigger-body.ts";
import type { TriggerEvent, TriggerInfo } from "./catalog.ts";

/** Bits of pg_trigger.tgtype (PostgreSQL, src/include/catalog/pg_trigger.h). */
const bits = { row: 1, before: 2, insert: 4, delete: 8, update: 16, truncate: 32, insteadOf: 64 } as const;

const events = ["insert", "update", "delete", "truncate"] as const satisfies readonly TriggerEvent[];

/** @param row tgname, tgtype, tgattr, of the function schema, name, language and body, then CREATE TRIGGER where it has WHEN, tgoldtable, tgnewtable */
export function triggerOf(row: readonly (string | null)[]): TriggerInfo {
  const [name, typeBits, attnums, schema, called, language, body, conditional, ...transitionTables] = row;
  const type = Number(typeBits);
  const assigns = assignedColumns(language ?? "", called ?? "", body ?? "");
  const named = transitionTables.filter((each) => typeof each === "string");
  const has = (bit: keyof typeof bits): boolean => (type & bits[bit]) !== 0;
  return {
    name: name ?? "",
    timing: has("insteadOf") ? "instead of" : has("before") ? "before" : "after",
    events: new Set(events.filter(has)),
    forEach: has("row") ? "row" : "statement",
    columns: (attnums ?? "").match(/\d+/g)?.map(Number) ?? [],
    function: { schema: schema ?? "", name: called ?? "" },
    ...(assigns === undefined ? {} : { assigns }),
    ...(typeof conditional === "string" ? { conditional } : {}),
    ...(named.length === 0 ? {} : { transitionTables: named }),
  };
}
