/** What the server stores of a value that a statement gives to a column: filters are asked about that, and not about the value as it was written. */
import type { Column } from "../../../catalog/catalog.ts";
import { isUnsigned, typeNumbers } from "../../../catalog/mysql-types.ts";
import { integerRange } from "../../../masks/integer-range.ts";
import { literal } from "../../../writers/mysql-writer.ts";
import type { Dialect } from "../dialect.ts";

/** A value in the form in which it is stored. */
export interface StoredForm {
  /** SQL of the value, in the type of the column or one that holds all of its values. */
  readonly sql: string;
  /** A condition that holds where storing changes nothing more of it. */
  readonly fits: (reference: string) => string;
}

/** @returns `undefined` for a type of which it is not certain what would be stored */
export function storedForm(column: Column, value: string): StoredForm | undefined {
  const form = formOf(column, value);
  if (form === undefined || column.generated !== undefined) return undefined;
  const { sql, fits } = form;
  return {
    sql,
    // The server may make something of a NULL where there cannot be one.
    fits: (reference) =>
      column.notNull
        ? `${reference} is not null and ${fits(reference)}`
        : `(${reference} is null or ${fits(reference)})`,
  };
}

function formOf(column: Column, value: string): StoredForm | undefined {
  const [first, second = 0] = typeNumbers(column);
  const { type, characterSet = "", collation = "" } = column;
  switch (column.typeCategory) {
    case "integer": {
      const range = integerRange(column);
      if (range === undefined) return undefined;
      return {
        sql: `cast(${value} as decimal(30, 0))`,
        fits: (reference) => `${reference} >= ${range.min} and ${reference} <= ${range.max}`,
      };
    }
    case "numeric":
      if (first === undefined) return undefined;
      return {
        sql: `cast(${value} as decimal(${first}, ${second}))`,
        fits: (reference) => (isUnsigned(column) ? `${reference} >= 0` : "true"),
      };
    case "date":
      return { sql: `cast(${value} as date)`, fits: () => "true" };
    case "timestamp":
      return { sql: `cast(${value} as datetime(${first ?? 0}))`, fits: () => "true" };
    case "text": {
      const length = textLength(type, first);
      if (length === undefined || !isWord(characterSet) || !isWord(collation)) return undefined;
      const converted = `convert(${value} using ${characterSet})`;
      return {
        // Blanks at the end of a char are not kept.
        sql: `${type === "char" ? `rtrim(${converted})` : converted} collate ${collation}`,
        fits: length,
      };
    }
    case "enum": {
      const labels = enumLabels(column);
      if (labels === undefined || !isWord(characterSet)) return undefined;
      return {
        sql: `convert(${value} using ${characterSet})`,
        fits: (reference) => `cast(convert(${reference} using utf8mb4) as binary) in (${labels.join(", ")})`,
      };
    }
    default:
      return undefined;
  }
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

function textLength(type: string, characters: number | undefined): StoredForm["fits"] | undefined {
  if (characters !== undefined && (type === "char" || type === "varchar")) {
    return (reference) => `char_length(${reference}) <= ${characters}`;
  }
  const bytes = bytesOfTexts[type];
  return bytes === undefined ? undefined : (reference) => `length(${reference}) <= ${bytes}`;
}

/** Of an ENUM, as bytes of UTF-8; a SET stores several at once. */
function enumLabels({ typeSql }: Column): readonly string[] | undefined {
  const list = /^enum\((.*)\)$/s.exec(typeSql)?.[1];
  if (list === undefined || list.includes("\\")) return undefined;
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, label = ""]) =>
    literal("binary", label.replaceAll("''", "'")),
  );
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
