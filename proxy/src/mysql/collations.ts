/** What a client says of its character set when it connects: the low byte of a collation's id (information_schema.collations). */

/** Statements are read as UTF-8, whatever the client says; see `Knowledge`. */
export interface ClientCharset {
  /** For the login upstream. */
  readonly collation: number;
  /** What results are to be sent in, where it is not what the collation says. */
  readonly results: string | undefined;
}

const generalUtf8mb4 = 45;
const latin1: ReadonlySet<number> = new Set([5, 8, 15, 31, 47, 48, 49, 94]);
const ascii: ReadonlySet<number> = new Set([11, 65]);
const binary = 63;

/** utf8mb3 and utf8mb4; those of MySQL 8 have ids from 255 on, of which the low byte arrives. */
function isUtf8(collation: number): boolean {
  return (
    collation === 33 ||
    collation === 83 ||
    collation === 45 ||
    collation === 46 ||
    (collation >= 192 && collation <= 255) ||
    collation === 0
  );
}

/** `undefined` for a character set in which statements cannot be told from others. */
export function clientCharset(collation: number): ClientCharset | undefined {
  if (isUtf8(collation)) return { collation: collation === 0 ? generalUtf8mb4 : collation, results: undefined };
  if (latin1.has(collation)) return { collation: generalUtf8mb4, results: "latin1" };
  if (ascii.has(collation)) return { collation: generalUtf8mb4, results: "ascii" };
  if (collation === binary) return { collation: generalUtf8mb4, results: "binary" };
  return undefined;
}

/** The same for a whole id, of two bytes, as COM_CHANGE_USER tells it. */
export function wideCharset(collation: number): ClientCharset | undefined {
  if (collation <= 0xff) return clientCharset(collation);
  return wideUtf8.some(([from, to]) => collation >= from && collation <= to)
    ? clientCharset(generalUtf8mb4)
    : undefined;
}

/** Those of utf8mb3 and utf8mb4: of MySQL 8, and of MariaDB's UCA 14.0.0. */
const wideUtf8: readonly (readonly [from: number, to: number])[] = [
  [256, 323],
  [2048, 2559],
];
