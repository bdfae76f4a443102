/**
 * What was done to the few rows that stand for the many of a large INSERT (`few-rows.ts`), done to all of them: the text of the few was
 * parsed again and proven, and the many differ from it in literals alone. So no row is parsed, and 200 KB keep nobody waiting.
 *
 * A check may hold literals of its row. Which they are, shows in a second text of the few, with a mark of its own in place of each: only
 * where both are the same but for that, the marks are replaced by the literals of each row.
 */
import { randomBytes, randomInt } from "node:crypto";
import { applySplices, type Splice, type SplicedText } from "../../splices.ts";
import type { PlainRow } from "../../sql-dialect.ts";
import { plainRows, startOfRows } from "../few-rows.ts";

/** The few rows, as they were sent on. */
export interface EditedRows {
  readonly text: string;
  readonly splices: readonly Splice[];
}

/** What is put in at an item of a row: text, and indexes of the row's items in place of their literals. */
interface RowEdit {
  readonly item: number;
  readonly side: "before" | "after";
  readonly parts: readonly (string | number)[];
}

/** A text with rows, and its edits by where they belong. */
interface SortedEdits {
  readonly head: readonly Splice[];
  /** By row. */
  readonly rows: readonly { readonly kinds: string; readonly literals: readonly string[]; readonly edits: RowEdit[] }[];
  /** With positions from the end of the text. */
  readonly tail: readonly Splice[];
}

const nonce = randomBytes(12).toString("hex");
const numbers = randomInt(10_000_000, 90_000_000);

/** The text with another literal, which nobody guesses, in place of each in its rows. */
export function withMarks(few: string): string {
  const start = startOfRows(few);
  if (start === undefined) return few;
  let marked = "";
  let copied = 0;
  for (const { bounds } of plainRows(few, start)) {
    for (let index = 0; index < bounds.length; index += 2) {
      const literal = few.slice(bounds[index], bounds[index + 1]);
      marked += few.slice(copied, bounds[index]) + markOf(literal, index / 2);
      copied = bounds[index + 1] ?? copied;
    }
  }
  return marked + few.slice(copied);
}

/** As many digits as make no other kind of it. */
function markOf(literal: string, index: number): string {
  if (literal === "''") return `'${nonce}_${index}'`;
  return literal.replace(/[0-9]+/, String(numbers + index));
}

/**
 * @param rows of the text, for which the few stand
 * @param decisive indexes of the items of a row on which its check depends. Of rows that agree in them, one is checked: where it does not
 *   pass, the statement fails.
 * @returns `undefined` where it is not certain that the rows may be treated alike.
 */
export function editEveryRow(
  text: string,
  rows: readonly PlainRow[],
  few: EditedRows,
  marked: EditedRows,
  decisive: readonly number[],
): SplicedText | undefined {
  const plain = sortEdits(few);
  const pattern = sortEdits(marked);
  if (plain === undefined || pattern === undefined) return undefined;
  const byKinds = patternsOf(plain, pattern);
  if (byKinds === undefined) return undefined;
  const bytes = Buffer.from(text, "utf8");
  const splices = [...plain.head];
  const checked = new Set<string>();
  let character = 0;
  let byte = 0;
  for (const { kinds, bounds } of rows) {
    const edits = byKinds.get(kinds);
    if (edits === undefined) return undefined;
    const literalAt = (item: number) => text.slice(bounds[2 * item] ?? text.length, bounds[2 * item + 1]);
    const key = `${kinds}${decisive.map(literalAt).join()}`;
    if (checked.has(key)) continue;
    checked.add(key);
    for (const { item, side, parts } of edits) {
      const at = bounds[2 * item + (side === "before" ? 0 : 1)] ?? 0;
      byte += Buffer.byteLength(text.slice(character, at));
      character = at;
      const put = parts.map((part) => (typeof part === "string" ? part : literalAt(part))).join("");
      splices.push({ start: byte, end: byte, text: put });
    }
  }
  for (const splice of plain.tail) {
    splices.push({ ...splice, start: bytes.length - splice.start, end: bytes.length - splice.end });
  }
  return applySplices(bytes, splices);
}

/** Puts edits where they belong; `undefined` where one is neither outside of the rows nor at an item of one. */
function sortEdits({ text, splices }: EditedRows): SortedEdits | undefined {
  const first = startOfRows(text);
  if (first === undefined) return undefined;
  const rows = [...plainRows(text, first)];
  // What stands for rows is ASCII.
  const start = Buffer.byteLength(text.slice(0, first));
  const end = start + (rows.at(-1)?.end ?? first) - first;
  const length = Buffer.byteLength(text);
  const sorted = rows.map((row) => ({ kinds: row.kinds, literals: literalsOf(text, row), edits: [] as RowEdit[] }));
  const head: Splice[] = [];
  const tail: Splice[] = [];
  for (const splice of [...splices].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (splice.end <= start) head.push(splice);
    else if (splice.start >= end) tail.push({ ...splice, start: length - splice.start, end: length - splice.end });
    else {
      const at = splice.start - start + first;
      const row = rows.findIndex(({ bounds }) => bounds.includes(at));
      const bound = rows[row]?.bounds.indexOf(at);
      if (bound === undefined || splice.end !== splice.start) return undefined;
      const side = bound % 2 === 0 ? "before" : "after";
      sorted[row]?.edits.push({ item: Math.floor(bound / 2), side, parts: [splice.text] });
    }
  }
  return { head, rows: sorted, tail };
}

function literalsOf(text: string, { bounds }: PlainRow): string[] {
  return bounds.flatMap((from, index) => (index % 2 === 0 ? [text.slice(from, bounds[index + 1])] : []));
}

/** The edits of each kind of row, marks taken out; `undefined` where the two texts differ in anything else. */
function patternsOf(plain: SortedEdits, marked: SortedEdits): ReadonlyMap<string, readonly RowEdit[]> | undefined {
  const same =
    isSame(plain.head, marked.head) && isSame(plain.tail, marked.tail) && plain.rows.length === marked.rows.length;
  if (!same) return undefined;
  const byKinds = new Map<string, readonly RowEdit[]>();
  for (const [index, { kinds, literals, edits }] of plain.rows.entries()) {
    const other = marked.rows[index];
    if (other?.kinds !== kinds || other.edits.length !== edits.length) return undefined;
    const patterns = other.edits.map((edit) => ({ ...edit, parts: splitAtMarks(edit.parts, other.literals) }));
    const isMade = patterns.every(({ item, side, parts }, at) => {
      const made = parts.map((part) => (typeof part === "string" ? part : literals[part])).join("");
      const edit = edits[at];
      return edit?.item === item && edit.side === side && edit.parts.join("") === made;
    });
    if (!isMade) return undefined;
    byKinds.set(kinds, patterns);
  }
  return byKinds;
}

function splitAtMarks(parts: readonly (string | number)[], marks: readonly string[]): (string | number)[] {
  let split = [...parts];
  for (const [index, mark] of marks.entries()) {
    // A word is no mark: it stands in all rows of the kind.
    if (!/[0-9]/.test(mark)) continue;
    split = split.flatMap((part) =>
      typeof part === "number"
        ? [part]
        : part.split(mark).flatMap((piece, at) => (at === 0 ? [piece] : [index, piece])),
    );
  }
  return split;
}

function isSame(splices: readonly Splice[], others: readonly Splice[]): boolean {
  return JSON.stringify(splices) === JSON.stringify(others);
}
