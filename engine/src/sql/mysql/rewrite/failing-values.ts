/**
 * MySQL has no expression that only fails, so a sum that no number can hold does, with a text in it by which the proxy knows it
 * (`refusedMysqlRow`): under every sql_mode, and with IGNORE.
 */
import { literal } from "../../../writers/mysql-writer.ts";
import type { Protection } from "../../protection.ts";

/**
 * A value, or a failure where the condition does not hold.
 * @param dependent on which it depends: the value itself, or a column
 */
export function checkedValue(protection: Protection, condition: string, value: string, dependent = value): string {
  return `case when ${condition} then ${value} when ${failing(hiddenRow + protection.relation.path, dependent)} then null end`;
}

/** A condition that always holds, or fails where rows that refer to a row are hidden and would be changed with it. */
export function unfollowed(protection: Protection, condition: string, dependent: string): string {
  return `case when ${condition} then true when ${failing(hiddenFollower + protection.relation.path, dependent)} then null end`;
}

/**
 * A condition that always holds, or fails where the session has asked for safe updates: the server would refuse a change without WHERE, and
 * takes a filter for one.
 */
export function unlessSafe({ relation }: Protection, dependent: string): string {
  return `case when @@session.sql_safe_updates = 0 then true when ${failing(safeUpdates + relation.path, dependent)} then null end`;
}

/**
 * Fails, whatever the value.
 * @param value keeps the server from finding that out beforehand
 */
function failing(what: string, value: string): string {
  const text = literal("utf8mb4", `penstock(${what})`);
  return `~0 + char_length(concat(coalesce(${value}, ${literal("binary", "")}), ${text}))`;
}

const hiddenRow = "the new row, or one that is in its way, is hidden from you by the filter of ";
const hiddenFollower =
  "rows that refer to one of these, and would be changed with it, are hidden from you by the filter of ";

const safeUpdates = "there is no WHERE, and sql_safe_updates is on, where rows are hidden from you by the filter of ";

const said = new RegExp(`penstock\\(((?:${[hiddenRow, hiddenFollower, safeUpdates].join("|")})[^'()]*)\\)`, "u");

/** What a server's error says of rows that were refused, or undefined where it is about something else. */
export function refusedMysqlRow(message: string): string | undefined {
  return said.exec(message)?.[1];
}
