/** Columns of the tables that filters are tried on, and hard texts for them. */
import * as fc from "fast-check";
import type { Relation } from "../../engine/src/catalog/catalog.ts";

/** How the generators of rows and of conditions see a column. */
export interface SampleColumn {
  readonly name: string;
  /** As SQL declares it. */
  readonly type: string;
  readonly family:
    | "text"
    | "integer"
    | "numeric"
    | "float"
    | "boolean"
    | "date"
    | "timestamp"
    | "timestamptz"
    | "uuid"
    | "enum"
    | "citext";
  /** Of values as the server reads them. */
  readonly values: fc.Arbitrary<string>;
}

/** Texts that are hard: quotes, escapes, patterns, blanks, cases with irregular mappings, several ways to write one letter. */
const hardTexts = [
  "",
  " ",
  "a",
  "A",
  "ab",
  "AB",
  "aB",
  "a ",
  " a",
  "a  b",
  "'",
  "''",
  "a'b",
  "\\",
  "a\\",
  "\\'",
  "%",
  "_",
  "a%",
  '"',
  "$$",
  "--",
  "/*",
  ";",
  "\u00e9",
  "e\u0301",
  "\u00c9",
  "\u00df",
  "\u1e9e",
  "ss",
  "SS",
  "\u017f",
  "s",
  "S",
  "k",
  "K",
  "\u212a",
  "i",
  "I",
  "\u0130",
  "\u0131",
  "i\u0307",
  "\u03c3",
  "\u03c2",
  "\u03a3",
  "\u01c4",
  "\u01c5",
  "\u01c6",
  "\u00b5",
  "\u03bc",
  "\u{10400}",
  "\u{10428}",
  "\u{1f600}",
  "\u{1f600}a",
  "\uffff",
  "\ue000",
  "\u00a0",
  "\u3000a",
  "a\u2003",
  "\u200b",
  "\t",
  "\na\n",
  "\u0001",
  "\u007f",
  "true",
  "null",
  "42",
  "2024-02-29",
  "low",
  "high",
];

/** Characters that PostgreSQL cannot hold, left out. */
const storable = (text: string): string => text.replaceAll("\0", "").replaceAll(/\p{Surrogate}/gu, "");

export const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...hardTexts) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom(...hardTexts.filter((text) => text.length > 0)), maxLength: 4 }),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }).map(storable) },
);

/** A row by column name, `null` for NULL. */
export type SampleRow = Readonly<Record<string, string | null>>;

/** A database with a table that filters are tried on, its rows numbered by `id`. */
export interface SampleTable {
  readonly relation: Relation;
  readonly columns: readonly SampleColumn[];
  /** Puts these rows in place of all others. @returns them as the server shows them, points in time in UTC */
  readonly fill: (rows: readonly SampleRow[]) => Promise<readonly SampleRow[]>;
  /** The ids of the rows `r` that a condition chooses, in a session where whatever it does not fix means something else. */
  readonly choose: (where: string) => Promise<readonly string[]>;
  /** @throws where the server itself does not take the condition for leakproof */
  readonly expectLeakproof: (condition: string) => Promise<void>;
}
