/** In which form texts of a result come, by the collation that their description names (information_schema.collations). */

export type ResultEncoding =
  | "utf8mb4"
  | "utf8mb3"
  /** What is ASCII in it is ASCII, and nothing else looks like it. */
  | "ascii"
  /** No text. */
  | "binary"
  | "other";

const binary = 63;
/**
 * Up to 255, those in which a byte below 128 may be another character, or a part of one: big5, euckr, gb18030, gbk, sjis, cp932, swe7, UCS-2,
 * UTF-16, UTF-32, and what names of files are in.
 */
const notAscii: readonly (readonly [from: number, to: number])[] = [
  [1, 1],
  [10, 10],
  [13, 13],
  [17, 17],
  [19, 19],
  [28, 28],
  [35, 35],
  [54, 56],
  [60, 62],
  [82, 82],
  [84, 85],
  [87, 88],
  [90, 90],
  [95, 96],
  [101, 191],
  [248, 254],
];
const utf8mb3: readonly (readonly [from: number, to: number])[] = [
  [33, 33],
  [76, 76],
  [83, 83],
  [192, 223],
  [576, 578],
  [2048, 2303],
];
const utf8mb4: readonly (readonly [from: number, to: number])[] = [
  [45, 46],
  [224, 247],
  [255, 323],
  [608, 610],
  [2304, 2559],
];
/** MariaDB's collations that do not pad have the ids of the others and this. */
const notPadded = 1024;

export function resultEncoding(collation: number): ResultEncoding {
  const id = collation >= notPadded && collation < 2 * notPadded ? collation - notPadded : collation;
  if (id === binary) return "binary";
  if (isIn(utf8mb4, id)) return "utf8mb4";
  if (isIn(utf8mb3, id)) return "utf8mb3";
  return id > 255 || isIn(notAscii, id) ? "other" : "ascii";
}

function isIn(ranges: readonly (readonly [from: number, to: number])[], id: number): boolean {
  return ranges.some(([from, to]) => id >= from && id <= to);
}

/** Character sets with characters that utf8mb3 does not have. */
const beyondUtf8mb3: ReadonlySet<string> = new Set(["utf8mb4", "utf16", "utf16le", "utf32", "gb18030"]);

/** Whether a column's text loses nothing where it is sent like this, and arrives in UTF-8. @param characterSet in which it is stored */
export function arrivesWhole(encoding: ResultEncoding, characterSet: string | undefined): boolean {
  if (encoding !== "utf8mb3") return encoding === "utf8mb4";
  return characterSet !== undefined && !beyondUtf8mb3.has(characterSet.toLowerCase());
}

/** The same by the name of the character set that a session wants its results in; `undefined` where each column comes in its own. */
export function encodingOfSession(results: string | null): ResultEncoding | undefined {
  if (results === null || results === "binary") return undefined;
  if (results === "utf8" || results === "utf8mb3") return "utf8mb3";
  return results === "utf8mb4" ? "utf8mb4" : "other";
}
