/** Facts of columns and tables from what a walk through a statement has gathered as bits, for every dialect. */
import { type AccessKind, accessKinds, type ColumnUse, columnUses, type TableKind } from "@penstock/language";
import type { Column, Relation } from "../catalog/catalog.ts";
import type { ColumnFact, TableFact } from "./facts.ts";

export const useBit = bits(columnUses);
/** Set on a column that the statement refers to, used or not; a column that a relation merely has is no fact of the statement. */
export const touchedBit = 1 << columnUses.length;
export const accessBit = bits(accessKinds);

function bits<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, index) => [name, 1 << index])) as Record<Name, number>;
}

const useSets = setsOf<ColumnUse>(columnUses);
const accessSets = setsOf<AccessKind>(accessKinds);

/** The set that each combination of bits stands for, made once. */
function setsOf<Name>(names: readonly Name[]): readonly ReadonlySet<Name>[] {
  return Array.from(
    { length: 1 << names.length },
    (_, bitsOfSet) => new Set(names.filter((_name, index) => (bitsOfSet & (1 << index)) !== 0)),
  );
}

const noUses: ReadonlySet<ColumnUse> = new Set();
const noAccess: ReadonlySet<AccessKind> = new Set();

/** One fact for each column that was touched. */
export function columnFacts(
  sources: Iterable<{ readonly relation: Relation; readonly column: Column; readonly uses: number }>,
): ColumnFact[] {
  const columns: ColumnFact[] = [];
  for (const { relation, column, uses } of sources) {
    if (uses !== 0) columns.push({ relation, column, uses: useSets[uses & (touchedBit - 1)] ?? noUses });
  }
  return columns;
}

/** One fact for each relation that holds rows. */
export function tableFacts(accesses: Iterable<readonly [relation: Relation, access: number]>): TableFact[] {
  const tables: TableFact[] = [];
  for (const [relation, access] of accesses) {
    const kind = tableKind(relation);
    if (kind !== undefined) tables.push({ relation, kind, access: accessSets[access] ?? noAccess });
  }
  return tables;
}

/** Indexes and types hold no rows of their own and are no tables. */
function tableKind(relation: Relation): TableKind | undefined {
  if (relation.kind === "index" || relation.kind === "composite") return undefined;
  if (relation.isSystem || relation.kind === "toast") return "system";
  if (relation.isTemporary) return "temporary";
  switch (relation.kind) {
    case "view":
      return "view";
    case "materialized_view":
      return "materialized_view";
    case "foreign":
      return "foreign";
    case "table":
    case "partitioned":
    case "sequence":
      return relation.isPartition ? "partition" : "table";
  }
}
