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
  return `case when ${condition} then ${value} when ${failure(hiddenRow, protection, dependent)} then null end`;
}

/** A condition that always holds, or fails where rows that refer to a row are hidden and would be changed with it. */
export function unfollowed(protection: Protection, condition: string, dependent: string): string {
  return `case when ${condition} then true when ${failure(hiddenFollower, protection, dependent)} then null end`;
}

/**
 * Fails, whatever the value.
 * @param value keeps the server from finding that out beforehand
 */
function failure(what: string, { relation }: Protection, value: string): string {
  const text = literal("utf8mb4", `penstock(${what}${relation.path})`);
  return `~0 + char_length(concat(coalesce(${value}, ${literal("binary", "")}), ${text}))`;
}

const hiddenRow = "the new row, or one that is in its way, is hidden from you by the filter of ";
const hiddenFollower =
  "rows that refer to one of these, and would be changed with it, are hidden from you by the filter of ";

/** What a server's error says of a row that was refused, or undefined where it is about something else. */
export function refusedMysqlRow(message: string): string | undefined {
  return /penstock\(((?:the new row, or one that is in its way, is|rows that refer to one of these, and would be changed with it, are) hidden from you by the filter of [^'()]*)\)/u.exec(
    message,
  )?.[1];
}
