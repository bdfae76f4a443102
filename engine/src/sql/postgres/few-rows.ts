/**
 * A large INSERT of plain rows, as imports send them, with few rows in place of the many: what can be found out about it is the same, and
 * reading 200 KB with PostgreSQL's grammar keeps every other session waiting for tens of milliseconds.
 *
 * One row stands for all that consist of the same kinds of items, and a fixed literal for all of its kind, so imports into one table share
 * one text. What is left out is nothing but rows of literals and of words without a meaning of their own; what comes before and behind stays as
 * it is. Whatever could be read in another way (comments, backslashes, strings with a prefix or in several parts) is no plain row.
 * Rules: PostgreSQL's documentation, "Lexical Structure".
 */
import { defaultParseLimits } from "./limits.ts";
import { prescan } from "./prescan.ts";

/** A shorter text is parsed soon enough. */
const charactersMin = 4_000;
/** Distinct rows; more of them are no import. */
const rowsMax = 20;

const space = "[ \\t\\n\\r\\f]*";
const gap = "[ \\t\\n\\r\\f]+";
const name = '(?:[a-z_][a-z0-9_]*|"[^"\\\\\\0]+")';
const head = new RegExp(
  `^${space}insert${gap}into${gap}${name}(?:${space}\\.${space}${name})?${space}(?:\\(${space}${name}(?:${space},${space}${name})*${space}\\)${space})?values${space}`,
  "i",
);
const opening = new RegExp(`\\(${space}`, "y");
/** The kinds of items: a string, a short whole number, another number, a word. */
const item =
  /('[^'\\\0]*(?:''[^'\\\0]*)*')|(-?[0-9]{1,9}(?![0-9.]))|(-?[0-9]+(?:\.[0-9]+)?)|(null|default|true|false)/iy;
const comma = new RegExp(`${space},${space}`, "y");
const closing = new RegExp(`${space}\\)`, "y");

/** @returns `undefined` for any other text */
export function withFewRows(text: string): string | undefined {
  if (text.length < charactersMin) return undefined;
  const start = head.exec(text)?.[0].length;
  if (start === undefined || prescan(text, defaultParseLimits) !== undefined) return undefined;
  const rows = new Set<string>();
  let end = start;
  for (
    let next: number | undefined = start;
    next !== undefined && rows.size <= rowsMax;
    next = after(comma, text, end)
  ) {
    const row = plainRow(text, next);
    if (row === undefined) break;
    rows.add(row.kinds);
    end = row.end;
  }
  if (rows.size === 0 || rows.size > rowsMax) return undefined;
  const few = text.slice(0, start) + [...rows].join(", ") + text.slice(end);
  return few.length < charactersMin ? few : undefined;
}

/** The row at a position, with literals that stand for its own, and where it ends. */
function plainRow(text: string, start: number): { readonly kinds: string; readonly end: number } | undefined {
  const items: string[] = [];
  for (let at = after(opening, text, start); at !== undefined; at = after(comma, text, at)) {
    item.lastIndex = at;
    const found = item.exec(text);
    if (found === null) return undefined;
    items.push(kindOf(found));
    at = item.lastIndex;
    const end = after(closing, text, at);
    if (end !== undefined) return { kinds: `(${items.join(", ")})`, end };
  }
  return undefined;
}

function kindOf([whole, string, integer, , word]: RegExpExecArray): string {
  if (string !== undefined) return "''";
  if (word !== undefined) return word.toLowerCase();
  const sign = whole.startsWith("-") ? "-" : "";
  return sign + (integer === undefined ? "1.5" : "1");
}

function after(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
