import type { ComparisonOperator } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { isMysql } from "../catalog/mysql-types.ts";
import { quoteText } from "../masks/quote.ts";
import { literal } from "../writers/mysql-writer.ts";
import { writerOf } from "../writers/writer-of.ts";
import { CannotFilter, type Condition, constantCondition, notNull } from "./condition.ts";
import { comparing, sqlOperators } from "./ordering.ts";
import { referenceTo } from "./reference.ts";

const form = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Compared as the 128 bits that a text of the usual form stands for, in either case of its letters; no other text is ever equal. */
export function compareUuids(operator: ComparisonOperator, column: Column, other: Column | string): Condition {
  const reference = uuidReference(column);
  const isText = typeof other === "string";
  if (isText && !form.test(other)) {
    if (operator === "==") return constantCondition(false);
    if (operator === "!=") return notNull(reference, column.name);
    throw new CannotFilter(`\`${column.name}\` is a uuid, and is compared by order with a text that is none`);
  }
  const right = isText ? () => uuidSql(column, other) : uuidReference(other);
  return {
    sql: (alias) => writerOf(column).operate(reference(alias), sqlOperators[operator], right(alias)),
    holds: comparing(
      operator,
      (row) => row(column.name),
      isText ? () => other.toLowerCase() : (row) => row(other.name),
      (a, b) => (a < b ? -1 : a > b ? 1 : 0),
    ),
    isLeakproof: true,
  };
}

export function uuidIn(column: Column, members: readonly string[]): Condition {
  const possible = members.filter((member) => form.test(member)).map((member) => member.toLowerCase());
  if (possible.length === 0) return constantCondition(false);
  const reference = uuidReference(column);
  const set = new Set(possible);
  return {
    sql: (alias) =>
      writerOf(column).isOneOf(
        reference(alias),
        possible.map((member) => uuidSql(column, member)),
      ),
    holds: (row) => set.has(row(column.name) ?? ""),
    isLeakproof: true,
  };
}

/** MariaDB has another order of uuids, by the time in them. */
function uuidReference(column: Column): (alias: string) => string {
  const reference = referenceTo(column);
  return isMysql(column)
    ? (alias) => `cast(cast(${reference(alias)} as char(36) character set ascii) as binary)`
    : reference;
}

function uuidSql(column: Column, text: string): string {
  const lower = text.toLowerCase();
  return isMysql(column) ? literal("binary", lower) : `cast(${quoteText(lower)} as pg_catalog.uuid)`;
}
