import type { Column, TypeCategory } from "./catalog.ts";

/** What masks and filters may do with a type of MySQL's or MariaDB's, by DATA_TYPE of information_schema.columns. */
const categories: Readonly<Record<string, TypeCategory>> = {
  char: "text",
  varchar: "text",
  tinytext: "text",
  text: "text",
  mediumtext: "text",
  longtext: "text",
  tinyint: "integer",
  smallint: "integer",
  mediumint: "integer",
  int: "integer",
  bigint: "integer",
  decimal: "numeric",
  float: "float",
  double: "float",
  date: "date",
  datetime: "timestamp",
  timestamp: "timestamptz",
  time: "time",
  binary: "bytea",
  varbinary: "bytea",
  tinyblob: "bytea",
  blob: "bytea",
  mediumblob: "bytea",
  longblob: "bytea",
  enum: "enum",
  set: "enum",
  json: "json",
  uuid: "uuid",
};

/** `bit` and `year` can be compared, and are of no category; neither are geometries, addresses and what newer servers have. */
export function mysqlTypeCategory(dataType: string): TypeCategory {
  return categories[dataType] ?? "other";
}

/** Of a table of MySQL's or MariaDB's. INVARIANT: all others have an oid. */
export function isMysql({ typeOid }: Column): boolean {
  return typeOid === undefined;
}

/** What COLUMN_TYPE has in brackets: a length, precision and scale, digits of a fraction of a second; of integers a width that means nothing. */
export function typeNumbers({ typeSql }: Column): readonly number[] {
  const [, numbers] = /^\w+\((\d+(?:,\d+)?)\)/.exec(typeSql) ?? [];
  return numbers?.split(",").map(Number) ?? [];
}

export function isUnsigned({ typeSql }: Column): boolean {
  return / unsigned\b/.test(typeSql);
}

/** How MySQL and ORMs spell boolean: what is not zero is true. */
export function isMysqlFlag({ typeSql }: Column): boolean {
  return typeSql.startsWith("tinyint(1)") || typeSql === "bit(1)";
}
