/** No row may come about that the filter hides from whoever makes it. */
import type { Column, TriggerEvent } from "../../../catalog/catalog.ts";
import { type FilterPart, filterParts } from "../../../filters/plan-filter.ts";
import { Denial } from "../../denial.ts";
import { hiddenRows, type Protection } from "../../protection.ts";
import type { Dialect } from "../dialect.ts";
import { quoteMysqlName } from "../quote.ts";
import type { Expression } from "../tree/expressions.ts";
import { checkedValue } from "./failing-values.ts";
import { substituted } from "./fragments.ts";
import { constantDefault, type KnownValue, type StoredForm, storedForm } from "./stored-value.ts";

const rowName = "penstock_row";
/** How generated SQL calls a row that is about to be stored. */
export const row = quoteMysqlName(rowName);

/** Of a filter, what a new row is asked by itself. */
export interface RowCheck {
  readonly part: FilterPart;
  readonly columns: readonly Column[];
}

/** What new rows are asked. @throws Denial where nobody can ask it */
export function rowChecks(protection: Protection): readonly RowCheck[] {
  const { relation, filter } = protection;
  if (filter === undefined) return [];
  return filterParts(filter).flatMap((part) => {
    const columns = relation.columns.filter(({ name }) => part.columns.has(name));
    if (columns.length > 0) return [{ part, columns }];
    if (part.holds(() => null)) return [];
    throw refusal(protection, "you would see no row that you make", "ask for a role without filters");
  });
}

/** The server gives these columns values that no statement has. @throws Denial */
export function refuseComputed(protection: Protection, columns: readonly Column[]): void {
  const computed = columns.find((column) => column.generated !== undefined || column.default === "");
  if (computed === undefined) return;
  throw refusal(
    protection,
    `the server computes \`${computed.name}\`, by which it is filtered: new rows cannot be checked`,
    "ask for a role without filters",
  );
}

/** Rows are checked before BEFORE triggers have seen them: none may then change what the check was about. @throws Denial */
export function refuseTriggers(
  protection: Protection,
  columns: readonly Column[],
  events: readonly (TriggerEvent & ("insert" | "update"))[],
): void {
  const trigger = protection.relation.triggers.find(
    ({ timing, events: fires, assigns }) =>
      timing === "before" &&
      events.some((event) => fires.has(event)) &&
      (assigns === undefined || columns.some(({ name }) => assigns.some((each) => isSameName(each, name)))),
  );
  if (trigger === undefined || columns.length === 0) return;
  throw refusal(
    protection,
    `trigger \`${trigger.name}\` may change a row after it was checked`,
    "ask for a role without filters, or for a trigger that gives values to other columns only",
  );
}

export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** @throws Denial */
export function storedOf(protection: Protection, column: Column, value: string): StoredForm {
  const form = storedForm(column, value);
  if (form !== undefined) return form;
  throw refusal(
    protection,
    `\`${column.name}\` of type ${column.type} decides which: what is stored in it cannot be checked`,
    "ask for a role without filters",
  );
}

/** Whether it may stand in the text anywhere, and twice. */
export function isLiteral(expression: Expression): boolean {
  if (expression.kind === "literal") return true;
  if (expression.kind === "unary" && expression.operator === "-") return isLiteral(expression.operand);
  const [only, second] = expression.kind === "row" ? expression.values : [];
  return only !== undefined && second === undefined && isLiteral(only);
}

/** Where a column of a new row has its value from, as SQL that can be repeated. */
export interface RowValue {
  readonly sql: string;
  /** The row had it before, or a constant default gives it: it is stored as it is. Otherwise the statement gives it. */
  readonly isStored: boolean;
}

/**
 * What is stored in one column of a new row, as SQL that fails where the row does not pass.
 * @param valueOf for each column that the check is about
 * @throws Denial
 */
export function checkedRow(
  { part, columns }: RowCheck,
  protection: Protection,
  host: Column,
  valueOf: (column: Column) => RowValue,
  dialect: Dialect,
): string {
  const values = new Map(columns.map((column) => [column, valueOf(column)]));
  const forms = new Map<Column, StoredForm>();
  for (const [column, { sql, isStored }] of values) {
    if (!isStored) forms.set(column, storedOf(protection, column, sql));
  }
  const condition = substituted(
    part.sql(row),
    rowName,
    (name) => {
      const column = columns.find((each) => each.name === name);
      return column && (forms.get(column)?.sql ?? values.get(column)?.sql);
    },
    dialect,
  );
  const all = [...forms.values().map(({ fits }) => `(${fits})`), `(${condition})`].join(" and ");
  return checkedValue(protection, all, forms.get(host)?.sql ?? "null");
}

export function refusal(protection: Protection, what: string, hint: string): Denial {
  return new Denial(`${hiddenRows(protection)}, and ${what}`, hint);
}

/** @throws Denial where a row whose columns get nothing but their defaults does not pass */
export function checkDefaults(
  protection: Protection,
  { part }: RowCheck,
  known: ReadonlyMap<Column, KnownValue>,
): void {
  const texts = new Map([...known].map(([{ name }, { text }]) => [name, text]));
  if (part.holds((name) => texts.get(name) ?? null)) return;
  const names = [...texts.keys()].map((name) => `\`${name}\``).join(", ");
  throw refusal(protection, `a row with the default of ${names} would be hidden`, "give it a value that you would see");
}

/** @throws Denial */
export function defaultOf(dialect: Dialect, protection: Protection, column: Column): KnownValue {
  const known = constantDefault(column, dialect);
  if (known !== undefined) return known;
  throw refusal(
    protection,
    `an INSERT has to give its column \`${column.name}\` a value`,
    "the filter decides by it who sees the row, and its default is no constant",
  );
}
