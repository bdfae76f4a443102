/**
 * A large INSERT of plain rows, as imports send them, with few rows in place of the many: what can be found out about it is the same, and
 * reading 200 KB with PostgreSQL's grammar keeps every other session waiting for tens of milliseconds.
 *
 * One row stands for all that consist of the same kinds of items, and a fixed literal for all of its kind, so imports into one table share
 * one text. What is left out is nothing but rows of literals and of words without a meaning of their own; what comes before and behind stays as
 * it is. Whatever could be read in another way (comments, backslashes, strings with a prefix or in several parts) is no plain row.
 * Rules: PostgreSQL's documentation, "Lexical Structure".
 */
import type { FewRows, PlainRow } from "../sql-dialect.ts";
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
const string = /'[^'\\\0]*(?:''[^'\\\0]*)*'/y;
const number = /-?[0-9]+(?:\.[0-9]+)?/y;
const word = /null|default|true|false/iy;
/** More digits are no `Integer` of the parse tree. */
const digitsMax = 9;

const [quote, opening, closing, comma] = [0x27, 0x28, 0x29, 0x2c];

/** @returns `undefined` for any other text */
export function withFewRows(text: string): FewRows | undefined {
  if (text.length < charactersMin) return undefined;
  const start = startOfRows(text);
  if (start === undefined || prescan(text, defaultParseLimits) !== undefined) return undefined;
  const kinds = new Set<string>();
  const rows: PlainRow[] = [];
  for (const row of plainRows(text, start)) {
    rows.push(row);
    kinds.add(row.kinds);
    if (kinds.size > rowsMax) return undefined;
  }
  if (rows.length === 0) return undefined;
  const few = text.slice(0, start) + [...kinds].join(", ") + text.slice(rows.at(-1)?.end);
  return few.length < charactersMin ? { text: few, standFor: rows } : undefined;
}

/** Where the first row of an INSERT of rows begins. */
export function startOfRows(text: string): number | undefined {
  return head.exec(text)?.[0].length;
}

/** The plain rows from a position on, up to the first that is none. */
export function* plainRows(text: string, start: number): Generator<PlainRow, void, undefined> {
  for (let next = start; ; ) {
    const row = plainRow(text, next);
    if (row === undefined) return;
    yield row;
    const at = spaceEnd(text, row.end);
    if (text.charCodeAt(at) !== comma) return;
    next = spaceEnd(text, at + 1);
  }
}

/** The row at a position. Hot: a large text has tens of thousands of items. */
function plainRow(text: string, start: number): PlainRow | undefined {
  if (text.charCodeAt(start) !== opening) return undefined;
  const bounds: number[] = [];
  let kinds = "(";
  for (let at = start; ; ) {
    const from = spaceEnd(text, at + 1);
    const [pattern, kindOf] = itemAt(text.charCodeAt(from));
    pattern.lastIndex = from;
    if (!pattern.test(text)) return undefined;
    const to = pattern.lastIndex;
    bounds.push(from, to);
    kinds += kindOf(text, from, to);
    at = spaceEnd(text, to);
    const code = text.charCodeAt(at);
    if (code === closing) return { kinds: `${kinds})`, bounds, end: at + 1 };
    if (code !== comma) return undefined;
    kinds += ", ";
  }
}

type KindOf = (text: string, from: number, to: number) => string;
type Item = readonly [pattern: RegExp, kindOf: KindOf];

const stringItem: Item = [string, () => "''"];
const numberItem: Item = [number, numberKind];
const wordItem: Item = [word, (text, from, to) => text.slice(from, to).toLowerCase()];

function itemAt(code: number): Item {
  if (code === quote) return stringItem;
  return code < 0x40 ? numberItem : wordItem;
}

/** The sign and whether it is a short whole number are all that the grammar tells apart. */
function numberKind(text: string, from: number, to: number): string {
  const isNegative = text.startsWith("-", from);
  const isInteger = to - from <= digitsMax && !text.slice(from, to).includes(".");
  return `${isNegative ? "-" : ""}${isInteger ? "1" : "1.5"}`;
}

function spaceEnd(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code === 0x20 || (code >= 9 && code <= 13 && code !== 11); ) {
    code = text.charCodeAt(++at);
  }
  return at;
}
