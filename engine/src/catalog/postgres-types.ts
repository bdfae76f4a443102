import { type Column, type DomainInfo, objectPath, type TypeCategory } from "./catalog.ts";
import { builtinTypes } from "./type-names.ts";

/** A row of pg_type. */
export interface TypeRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** typtype: b, c, d, e, p, r, m. */
  readonly kind: string;
  readonly category: string;
  readonly element: string;
  readonly base: string;
  readonly baseModifier: number;
  readonly notNull: boolean;
  readonly input: string;
  /** format_type(oid, NULL). */
  readonly shown: string;
  readonly hasCheck: boolean;
}

export type TypeIndex = ReadonlyMap<string, TypeRow>;

export function indexTypes(rows: readonly TypeRow[]): TypeIndex {
  return new Map(rows.map((row) => [row.oid, row]));
}

type ColumnType = Pick<
  Column,
  "type" | "typeSql" | "typeCategory" | "typeOid" | "typeModifier" | "isDomain" | "domain" | "rowsOf"
>;

/** @param shown format_type of the type with its modifier. */
export function columnTypeOf(types: TypeIndex, oid: string, modifier: number, shown: string): ColumnType {
  const type = types.get(oid);
  if (type === undefined) {
    // Made after the types were read: nothing is known of it, so nothing but NULL may stand in its place.
    return {
      type: shown,
      typeSql: `pg_catalog."unknown"`,
      typeCategory: "other",
      typeOid: Number(oid),
      typeModifier: modifier,
      isDomain: false,
    };
  }
  const domain = domainOf(types, type);
  const rowType = rowTypeIn(types, type);
  return {
    type: type.shown,
    typeSql: typeSql(types, type, modifier, shown),
    typeCategory: categoryOf(types, type),
    typeOid: Number(oid),
    typeModifier: modifier,
    isDomain: type.kind === "d",
    ...(domain === undefined ? {} : { domain }),
    ...(rowType === undefined ? {} : { rowsOf: objectPath(rowType.schema, rowType.name) }),
  };
}

/** A row type has the name of its relation. */
function rowTypeIn(types: TypeIndex, type: TypeRow): TypeRow | undefined {
  if (type.kind === "c") return type;
  const inner = types.get(type.kind === "d" ? type.base : type.category === "A" ? type.element : "");
  return inner === undefined ? undefined : rowTypeIn(types, inner);
}

/** The type's name in full, with the modifier as `format_type` prints it. */
function typeSql(types: TypeIndex, type: TypeRow, modifier: number, shown: string): string {
  const element = type.category === "A" ? types.get(type.element) : undefined;
  // Fields of an interval (`interval day to second`) have no qualified spelling; the bare one is a keyword and cannot be captured.
  if (modifier >= 0 && (element ?? type).shown === "interval") return shown;
  const suffix = modifier < 0 ? "" : (/\([^()]*\)/.exec(shown)?.[0] ?? "");
  const { schema, name } = element ?? type;
  return `${quote(schema)}.${quote(name)}${suffix}${element === undefined ? "" : "[]"}`;
}

function quote(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && name === "pg_catalog" ? name : `"${name.replaceAll('"', '""')}"`;
}

function categoryOf(types: TypeIndex, type: TypeRow): TypeCategory {
  switch (type.kind) {
    case "e":
      return "enum";
    case "c":
      return "composite";
    case "d": {
      const base = types.get(type.base);
      return base === undefined ? "other" : categoryOf(types, base);
    }
    default:
      if (type.category === "A") return "array";
      return type.schema === "pg_catalog" ? (builtinTypes.get(type.name)?.category ?? "other") : "other";
  }
}

/** The chain of domains as one: any of them may refuse NULL or have a CHECK. */
function domainOf(types: TypeIndex, type: TypeRow): DomainInfo | undefined {
  if (type.kind !== "d") return undefined;
  let { notNull, hasCheck, baseModifier } = type;
  let base = types.get(type.base);
  while (base?.kind === "d") {
    notNull ||= base.notNull;
    hasCheck ||= base.hasCheck;
    if (baseModifier < 0) baseModifier = base.baseModifier;
    base = types.get(base.base);
  }
  if (base === undefined) return undefined;
  return { baseType: base.shown, baseTypeModifier: baseModifier, notNull, hasCheck };
}
