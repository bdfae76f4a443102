/** What the server stores of a value that a statement gives to a column: filters are asked about that, and not about the value as it was written. */
import type { Column } from "../../../catalog/catalog.ts";
import { isUnsigned, typeNumbers } from "../../../catalog/mysql-types.ts";
import { integerRange } from "../../../masks/integer-range.ts";
import { literal } from "../../../writers/mysql-writer.ts";
import type { Dialect } from "../dialect.ts";

/** A value in the form in which it is stored. */
export interface StoredForm {
  /** In the type of the column or one that holds all of its values. */
  readonly sql: string;
  /** A condition that holds where nothing more of it is changed or lost by storing it. */
  readonly fits: string;
}

/**
 * @param value as SQL that can be repeated
 * @returns `undefined` for a type of which it is not certain what would be stored
 */
export function storedForm(column: Column, value: string): StoredForm | undefined {
  const form = column.generated === undefined ? formOf(column, value) : undefined;
  if (form === undefined) return undefined;
  // The server may make something of a NULL where there cannot be one; where it counts, a new number.
  const fits =
    column.notNull && column.default !== ""
      ? `${form.sql} is not null and ${form.fits}`
      : `(${value} is null or ${form.fits})`;
  return { sql: form.sql, fits };
}

function formOf(column: Column, value: string): StoredForm | undefined {
  const [first, second = 0] = typeNumbers(column);
  switch (column.typeCategory) {
    case "integer": {
      const range = integerRange(column);
      if (range === undefined) return undefined;
      const sql = `cast(${value} as decimal(30, 0))`;
      return { sql, fits: `${sql} >= ${range.min} and ${sql} <= ${range.max}` };
    }
    case "numeric": {
      if (first === undefined) return undefined;
      const sql = `cast(${value} as decimal(${first}, ${second}))`;
      return { sql, fits: isUnsigned(column) ? `${sql} >= 0` : "true" };
    }
    // What is no date is NULL.
    case "date":
      return isKept(`cast(${value} as date)`);
    case "timestamp":
      return isKept(`cast(${value} as datetime(${first ?? 0}))`);
    case "text":
      return textForm(column, value, first);
    case "enum":
      return enumForm(column, value);
    default:
      return undefined;
  }
}

function isKept(sql: string): StoredForm {
  return { sql, fits: `${sql} is not null` };
}

function textForm(column: Column, value: string, characters: number | undefined): StoredForm | undefined {
  const { type, characterSet = "", collation = "" } = column;
  if (!isWord(characterSet) || !isWord(collation)) return undefined;
  // Blanks at the end of a char are not kept.
  const trimmed = (text: string) => (type === "char" ? `rtrim(${text})` : text);
  const sql = `${trimmed(`convert(${value} using ${characterSet})`)} collate ${collation}`;
  const fits = textFits(type, characters, sql);
  if (fits === undefined) return undefined;
  if (characterSet === "utf8mb4") return { sql, fits };
  // What a character set does not have becomes a question mark.
  const bytes = (text: string) => `cast(convert(${text} using utf8mb4) as binary)`;
  return { sql, fits: `${fits} and ${bytes(sql)} = ${bytes(trimmed(value))}` };
}

/** An ENUM stores the label that it finds by its collation; by the number of a label, nothing is stored. */
function enumForm(column: Column, value: string): StoredForm | undefined {
  const { characterSet = "", collation = "" } = column;
  const labels = enumLabels(column);
  if (labels === undefined || !isWord(characterSet) || !isWord(collation)) return undefined;
  const list = labels.map((label) => literal("utf8mb4", label)).join(", ");
  const text = `convert(${value} using utf8mb4)`;
  const same = collation.startsWith("utf8mb4_") ? `${text} collate ${collation}` : `${text} collate utf8mb4_bin`;
  return isKept(`elt(field(${same}, ${list}), ${list})`);
}

function isWord(name: string): boolean {
  return /^\w+$/.test(name);
}

const bytesOfTexts: Readonly<Record<string, number>> = {
  tinytext: 2 ** 8 - 1,
  text: 2 ** 16 - 1,
  mediumtext: 2 ** 24 - 1,
  longtext: 2 ** 32 - 1,
};

function textFits(type: string, characters: number | undefined, sql: string): string | undefined {
  if (characters !== undefined && (type === "char" || type === "varchar")) {
    return `char_length(${sql}) <= ${characters}`;
  }
  const bytes = bytesOfTexts[type];
  return bytes === undefined ? undefined : `length(${sql}) <= ${bytes}`;
}

/** Of an ENUM; a SET stores several at once. */
function enumLabels({ typeSql }: Column): readonly string[] | undefined {
  const list = /^enum\((.*)\)$/s.exec(typeSql)?.[1];
  if (list === undefined || list.includes("\\")) return undefined;
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, label = ""]) => label.replaceAll("''", "'"));
}

/** A constant that a column gets where the statement gives it no value. */
export interface KnownValue {
  /** As the server prints it. */
  readonly text: string | null;
  readonly sql: string;
}

/** @returns `undefined` where it is no constant, or not certain */
export function constantDefault(column: Column, { product }: Dialect): KnownValue | undefined {
  const { default: printed, generated, notNull, typeCategory } = column;
  if (generated !== undefined || printed === "") return undefined;
  if (printed === undefined || (product === "mariadb" && printed.toUpperCase() === "NULL")) {
    return notNull ? undefined : { text: null, sql: "null" };
  }
  // MariaDB prints the expression, MySQL the value.
  const quoted = /^'((?:[^'\\]|'')*)'$/.exec(printed)?.[1]?.replaceAll("''", "'");
  const isText = typeCategory === "text" || typeCategory === "enum";
  const bare = product === "mysql" && isText ? /^[\w .:-]+$/ : /^-?\d+(?:\.\d+)?$/;
  const text = quoted ?? (bare.test(printed) ? printed : undefined);
  return text === undefined ? undefined : { text, sql: literal("utf8mb4", text) };
}
