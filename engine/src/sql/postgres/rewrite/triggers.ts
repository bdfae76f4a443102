import type { TriggerEvent, TriggerInfo } from "../../../catalog/catalog.ts";
import { quoteName } from "../../../masks/quote.ts";
import type { RelationWrite, ResolvedStatement } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import { filterColumns } from "./new-rows.ts";
import { hiddenRows, type Protection } from "../../protection.ts";

/** New rows are checked before BEFORE triggers have seen them: none may then change what the check was about. */
export function refuseTriggers(
  { facts }: ResolvedStatement,
  { relation, triggers }: RelationWrite,
  protection: Protection,
): void {
  const access = facts.tables.find((table) => table.relation === relation)?.access;
  const written = new Set(
    facts.columns
      .filter((fact) => fact.relation === relation && fact.uses.has("write"))
      .map(({ column }) => column.attnum),
  );
  const fires = ({ events, columns }: TriggerInfo, event: TriggerEvent & ("insert" | "update")): boolean =>
    events.has(event) &&
    access?.has(event) === true &&
    (event === "insert" || columns.length === 0 || columns.some((attnum) => written.has(attnum)));
  const decisive = filterColumns(protection);
  const trigger = triggers.find(
    (each) =>
      (fires(each, "insert") || fires(each, "update")) &&
      (each.assigns === undefined || decisive.some(({ name }) => each.assigns?.includes(name))),
  );
  if (trigger === undefined || decisive.length === 0) return;
  throw new Denial(
    `${hiddenRows(protection)}, and trigger ${quoteName(trigger.name)} may change a row after it was checked`,
    `ask for a role without filters, or for a trigger function that does nothing but assign other columns: \`begin new.updated_at := now(); return new; end\``,
  );
}
