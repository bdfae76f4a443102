import {
  type Column,
  type ForeignKey,
  objectPath,
  type ReferentialAction,
  type Relation,
  type RuleInfo,
} from "./catalog.ts";
import { failuresOf, failuresOfGenerated } from "./failing-code.ts";
import * as sql from "./postgres-catalog-sql.ts";
import { codeOf, defaultCode, type TypeCode, typeCode, type UsedBy } from "./postgres-code.ts";
import { groupBy, numbers, type Rows, type RunQuery } from "./postgres-rows.ts";
import { triggerOf } from "./postgres-triggers.ts";
import { columnTypeOf, type TypeIndex } from "./postgres-types.ts";
import { firstUserOid, isSystemSchema } from "./system-schemas.ts";

/** What relations and their columns are called. */
export interface RelationNames {
  readonly relations: Rows;
  readonly columns: Rows;
}

const relationKinds: Readonly<Record<string, Relation["kind"]>> = {
  r: "table",
  p: "partitioned",
  v: "view",
  m: "materialized_view",
  f: "foreign",
  S: "sequence",
  i: "index",
  I: "index",
  c: "composite",
  t: "toast",
};

export async function loadRelations(
  query: RunQuery,
  { relations: rows, columns: columnRows }: RelationNames,
  schemas: ReadonlyMap<string, string>,
  types: TypeIndex,
  definitions: ReadonlyMap<string, string> | undefined,
  typeFunctions: TypeCode,
  used: UsedBy,
): Promise<Relation[]> {
  const defaults = await query(sql.defaults);
  const columns = await loadColumns(query, columnRows, types, defaults);
  const keys = new Map((await query(sql.primaryKeys)).map(([oid, attnums]) => [oid, numbers(attnums)]));
  const foreignKeys = groupBy(await query(sql.foreignKeys));
  const parents = groupBy(await query(sql.inheritance));
  const keysOfPartitions = groupBy(await query(sql.partitionKeys));
  const triggers = groupBy(await query(sql.triggers));
  const disabled = groupBy(await query(sql.disabledTriggers));
  const constrained = groupBy(await query(sql.constrainedColumns));
  const rules = groupBy(await query(sql.tellingRules));
  const namesDividing = (oid: string): readonly string[] => [
    ...(keysOfPartitions.get(oid) ?? []).map(([, name]) => name ?? ""),
    ...(parents.get(oid) ?? []).flatMap(([, parent]) => namesDividing(parent ?? "")),
  ];
  const code = groupBy(await query(sql.relationCode(definitions !== undefined)), 1);
  const ofDefaults = groupBy(defaults);
  const paths = new Map(
    rows.map(([oid, schema, name]) => [oid, objectPath(schemas.get(schema ?? "") ?? "", name ?? "")]),
  );
  return rows.map(([oid, schemaOid, relname, relkind, isPartition, persistence, options, isReadable]): Relation => {
    const schema = schemas.get(schemaOid ?? "") ?? "";
    const name = relname ?? "";
    const own = columns.get(oid ?? "") ?? [];
    const dividing = namesDividing(oid ?? "");
    // A superuser can move a table into a schema of the system's: it stays one of users'.
    const isSystem = isSystemSchema(schema) && (Number(oid) < firstUserOid || relkind === "i");
    const ownCode = isSystem
      ? []
      : [
          ...(code.get(oid ?? "") ?? []).flatMap((row) => [
            codeOf(row, { schema, name }, used),
            ...failuresOf(row, { schema, name }, used),
          ]),
          ...(ofDefaults.get(oid ?? "") ?? []).flatMap((row) => {
            const column = own.find(({ attnum }) => attnum === Number(row[1]))?.name ?? "";
            const relation = { schema, name };
            return [defaultCode(row, column, relation, used), ...failuresOfGenerated(row, column, relation, used)];
          }),
          ...own.flatMap((column) => typeCode(column, String(column.typeOid ?? ""), typeFunctions)),
        ].filter((each) => each !== undefined);
    return {
      oid: Number(oid),
      schema,
      name,
      path: objectPath(schema, name),
      kind: relationKinds[relkind ?? ""] ?? "table",
      isPartition: isPartition === "true",
      isTemporary: persistence === "t",
      isSystem,
      columns: own,
      primaryKey: keys.get(oid ?? ""),
      parents: (parents.get(oid ?? "") ?? []).flatMap(([, parent]) => paths.get(parent ?? "") ?? []),
      ...(dividing.length > 0
        ? { dividedBy: dividing.map((key) => own.find((column) => column.name === key)?.attnum ?? 0) }
        : {}),
      ...(foreignKeys.has(oid ?? "")
        ? { foreignKeys: (foreignKeys.get(oid ?? "") ?? []).map((row) => foreignKey(row, paths)) }
        : {}),
      definition: relkind === "v" || relkind === "m" ? definitionOf(definitions, oid ?? "", isSystem) : undefined,
      ...(isReadable === "false" ? { isUnreadable: true } : {}),
      ...(isSecurityBarrier(options) ? { isSecurityBarrier: true } : {}),
      triggers: (triggers.get(oid ?? "") ?? []).map(([, ...row]) => triggerOf(row)),
      ...(disabled.has(oid ?? "")
        ? {
            disabled: (disabled.get(oid ?? "") ?? []).map(([, of, called]) => ({
              schema: of ?? "",
              name: called ?? "",
            })),
          }
        : {}),
      ...(constrained.has(oid ?? "")
        ? { constrained: new Set((constrained.get(oid ?? "") ?? []).map(([, attnum]) => Number(attnum))) }
        : {}),
      ...(rules.has(oid ?? "") ? { tellingRules: (rules.get(oid ?? "") ?? []).map(ruleOf) } : {}),
      ...(ownCode.length === 0 ? {} : { code: ownCode }),
    };
  });
}

/** pg_rewrite.ev_type. */
const ruleEvents: Readonly<Record<string, RuleInfo["event"]>> = { 2: "update", 3: "insert", 4: "delete" };

function ruleOf([, name, type]: Rows[number]): RuleInfo {
  return { name: name ?? "", event: ruleEvents[type ?? ""] ?? "update" };
}

/** From pg_class.reloptions, which keep a boolean as it was written. */
function isSecurityBarrier(options: string | null | undefined): boolean {
  const value = /\bsecurity_barrier=(\w+)/.exec(options ?? "")?.[1];
  return value !== undefined && !/^(?:f|fa|fal|fals|false|n|no|of|off|0)$/i.test(value);
}

/** pg_constraint.confdeltype and confupdtype. */
const referentialActions: Readonly<Record<string, ReferentialAction>> = { c: "cascade", n: "set", d: "set" };

function foreignKey(
  [, columns, referenced, referencedColumns, onDelete, onUpdate]: Rows[number],
  paths: ReadonlyMap<string | null | undefined, string>,
): ForeignKey {
  return {
    columns: numbers(columns),
    referenced: paths.get(referenced ?? "") ?? "",
    referencedColumns: numbers(referencedColumns),
    onDelete: referentialActions[onDelete ?? ""] ?? "none",
    onUpdate: referentialActions[onUpdate ?? ""] ?? "none",
  };
}

function definitionOf(
  definitions: ReadonlyMap<string, string> | undefined,
  oid: string,
  isSystem: boolean,
): string | undefined {
  return isSystem ? undefined : (definitions?.get(oid) ?? "");
}

async function loadColumns(
  query: RunQuery,
  rows: Rows,
  types: TypeIndex,
  defaults: Rows,
): Promise<ReadonlyMap<string, readonly Column[]>> {
  const expressions = (areGenerated: boolean) =>
    new Map(
      defaults
        .filter(([, , , generated]) => (generated !== "") === areGenerated)
        .map(([oid, attnum, text]) => [`${oid}.${attnum}`, text ?? ""]),
    );
  const generated = expressions(true);
  const given = expressions(false);
  const comments = new Map((await query(sql.comments)).map(([oid, attnum, text]) => [`${oid}.${attnum}`, text]));
  const columns = new Map<string, Column[]>();
  for (const [oid, attnum, name, typeOid, modifier, notNull, shown, isDeterministic, identity] of rows) {
    const key = `${oid}.${attnum}`;
    const column: Column = {
      attnum: Number(attnum),
      name: name ?? "",
      ...columnTypeOf(types, typeOid ?? "", Number(modifier), shown ?? ""),
      ...(isDeterministic === "false" ? { hasNondeterministicCollation: true } : {}),
      notNull: notNull === "true",
      generated: generated.get(key),
      ...(identity === "" && !given.has(key) ? {} : { default: given.get(key) ?? "" }),
      comment: comments.get(key) ?? undefined,
    };
    const list = columns.get(oid ?? "");
    if (list === undefined) columns.set(oid ?? "", [column]);
    else list.push(column);
  }
  return columns;
}
