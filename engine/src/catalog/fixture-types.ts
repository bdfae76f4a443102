import { type Column, objectPath, pathParts, type TypeInfo } from "./catalog.ts";
import type { FixtureTypeKind } from "./fixture-form.ts";
import { type BuiltinType, builtinTypes } from "./type-names.ts";

export type ColumnType = Required<
  Pick<Column, "type" | "typeSql" | "typeCategory" | "typeOid" | "typeModifier" | "isDomain">
>;

const bySpelling = new Map<string, BuiltinType>([
  ...[...builtinTypes.values()].map((type) => [type.type, type] as const),
  ...builtinTypes,
]);

/** A type as people write it: `int8`, `character varying(20)`, `timestamp(3) with time zone`, `text[]`, `public.mood`. */
export function columnType(
  text: string,
  types: ReadonlyMap<string, TypeInfo & { readonly fixtureKind?: FixtureTypeKind }>,
): ColumnType | undefined {
  const interval = builtinTypes.get("interval");
  if (/^interval [a-z ]+(\(\d\))?$/i.test(text) && interval !== undefined) {
    // Its fields have no spelling with a schema, and INTERVAL is a keyword that nothing can capture.
    const { type, category, oid } = interval;
    return { type, typeSql: text, typeCategory: category, typeOid: oid, typeModifier: -1, isDomain: false };
  }
  const match =
    /^(?<name>[^([]+?)\s*(?:\((?<modifier>[^)]*)\))?(?<rest> with(?:out)? time zone)?\s*(?<array>(?:\[\])*)$/i.exec(
      text.trim(),
    );
  const { name = "", modifier, rest = "", array = "" } = match?.groups ?? {};
  const element = scalarType((name + rest).toLowerCase(), name, modifier, types);
  if (element === undefined || array === "") return element;
  return {
    type: `${element.type}[]`,
    typeSql: `${element.typeSql}[]`,
    typeCategory: "array",
    typeOid: 0,
    typeModifier: element.typeModifier,
    isDomain: false,
  };
}

function scalarType(
  spelling: string,
  name: string,
  modifier: string | undefined,
  types: ReadonlyMap<string, TypeInfo & { readonly fixtureKind?: FixtureTypeKind }>,
): ColumnType | undefined {
  const builtin = bySpelling.get(spelling.replace(/^pg_catalog\./, "").replaceAll('"', ""));
  const suffix = modifier === undefined ? "" : `(${modifier})`;
  if (builtin !== undefined) {
    return {
      type: builtin.type,
      typeSql: `pg_catalog."${builtin.name}"${suffix}`,
      typeCategory: builtin.category,
      typeOid: builtin.oid,
      typeModifier: modifierNumber(builtin.name, modifier),
      isDomain: false,
    };
  }
  const parts = pathParts(name);
  if (parts === undefined) return undefined;
  const [schema, own] = parts.length === 1 ? ["public", parts[0] ?? ""] : [parts[0] ?? "", parts[1] ?? ""];
  const type = types.get(objectPath(schema, own));
  if (type === undefined) return undefined;
  const kind = type.fixtureKind ?? "base";
  return {
    type: schema === "public" ? own : objectPath(schema, own),
    typeSql: `${quote(schema)}.${quote(own)}${suffix}`,
    typeCategory: kind === "enum" || kind === "composite" ? kind : "other",
    typeOid: 0,
    typeModifier: -1,
    isDomain: kind === "domain",
  };
}

/** pg_attribute.atttypmod for the types whose modifier is in common use. */
function modifierNumber(name: string, modifier: string | undefined): number {
  if (modifier === undefined) return -1;
  const [first = 0, second = 0] = modifier.split(",").map(Number);
  if (name === "varchar" || name === "bpchar") return first + 4;
  if (name === "numeric") return first * 65536 + (second & 2047) + 4;
  return first;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The type as `columnType` reads it. */
export function printType(column: Column): string {
  const match = /^(?:pg_catalog|"pg_catalog")\."?([^"(]+)"?(.*)$/.exec(column.typeSql);
  if (match !== null) return `${match[1]}${match[2]}`;
  const user = /^("(?:[^"]|"")*"|[^".]+)\.("(?:[^"]|"")*"|[^"(]+)(.*)$/.exec(column.typeSql);
  if (user === null) return column.typeSql;
  const [, schema = "", name = "", rest = ""] = user;
  return `${objectPath(unquote(schema), unquote(name))}${rest}`;
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
