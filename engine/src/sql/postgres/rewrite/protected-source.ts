import type { Column, Relation } from "../../../catalog/catalog.ts";
import { planMask } from "../../../masks/masks.ts";
import { quoteName } from "../../../masks/quote.ts";
import { filterCondition, type Protection } from "../../protection.ts";

/** By which generated SQL calls the relation itself. All its references are qualified with it, so no other name can capture them. */
export const base = quoteName("penstock_base");

export interface SourceOptions {
  /** Without the rows of inheritance children. */
  readonly only: boolean;
  /** `tablesample …`, which cannot stand after a subquery, or empty. */
  readonly sample: string;
  /** Names of system columns to expose after the others. */
  readonly systemColumns: readonly string[];
  /** Which columns in which order; all of them where undefined. */
  readonly columns: readonly Column[] | undefined;
  /** The query that stands for a view, in parentheses; undefined to read the relation itself. */
  readonly definition: string | undefined;
  /** Conditions that stand beside the filter, to be evaluated before any row is looked at. */
  readonly first: readonly string[];
  /** What keeps conditions of the query from hidden rows; undefined where they may stand beside the filter. */
  readonly barrier: Barrier | undefined;
}

export interface Barrier {
  /** Conditions that stand outside too: they are leakproof, and let the planner find rows by them. */
  readonly implied: readonly string[];
  /** In which the query wants its first rows. */
  readonly order: string | undefined;
  /** Whether the planner must not see which column it is, since it tries conditions on values of the column's statistics. */
  readonly isHidden: (column: Column) => boolean;
}

export const wholeRelation: SourceOptions = {
  only: false,
  sample: "",
  systemColumns: [],
  columns: undefined,
  definition: undefined,
  first: [],
  barrier: undefined,
};

export type ProtectedSource =
  | { readonly kind: "source"; readonly text: string }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * The query that stands for a relation: its columns in their order, under their names and of their types, some of them masked, and the
 * rows that its filter leaves.
 */
export function protectedSource(protection: Protection, options: SourceOptions): ProtectedSource {
  const { relation, columns: masked } = protection;
  const { barrier } = options;
  const outputs: string[] = [];
  for (const column of options.columns ?? relation.columns) {
    const reference = `${base}.${quoteName(column.name)}`;
    const mask = masked.get(column.attnum);
    if (protection.raw?.has(column.attnum) === true) {
      // As it is, so that the server can say of the result which column it is.
      outputs.push(reference);
      continue;
    }
    if (mask === undefined) {
      const isHidden = barrier?.isHidden(column) === true;
      outputs.push(isHidden ? `${withoutStatistics(column, reference)} as ${quoteName(column.name)}` : reference);
      continue;
    }
    const plan = planMask(mask.mask, column);
    if (plan.kind === "refused") {
      return {
        kind: "refused",
        reason: `column ${quoteName(column.name)} of ${relation.path} cannot be masked: ${plan.reason}`,
      };
    }
    outputs.push(`${plan.sql(reference)} as ${quoteName(column.name)}`);
  }
  outputs.push(...options.systemColumns.map((name) => `${base}.${quoteName(name)}`));
  const list = outputs.length === 0 ? "" : ` ${outputs.join(", ")}`;
  const from = options.definition === undefined ? stored(relation, options) : defined(relation, options.definition);
  const filter = filterCondition(protection, base);
  const hidesRows = filter !== undefined || options.definition !== undefined;
  const conditions = [
    ...(filter === undefined ? [] : [filter]),
    ...(hidesRows ? options.first : []),
    ...(barrier?.implied ?? []),
  ];
  const where = conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
  // OFFSET keeps the planner from moving conditions into the subquery, or the subquery into the query around it.
  const order = barrier?.order === undefined ? "" : ` order by ${barrier.order}`;
  const end = barrier === undefined ? "" : `${order} offset 0`;
  return { kind: "source", text: `(select${list} from ${from}${where}${end})` };
}

function stored(relation: Relation, { only, sample }: SourceOptions): string {
  return `${only ? "only " : ""}${relationName(relation)} as ${base}${sample === "" ? "" : ` ${sample}`}`;
}

/** A definition names its columns as the view does, but not for certain where it is a list of values. */
function defined({ columns }: Relation, definition: string): string {
  return `${definition} as ${base}${columns.length === 0 ? "" : ` (${columns.map(({ name }) => quoteName(name)).join(", ")})`}`;
}

/**
 * The same value, type, modifier and collation, but an expression in the eyes of the planner. Not for arrays: no operator of theirs that
 * uses statistics can fail.
 */
function withoutStatistics({ typeCategory }: Column, reference: string): string {
  if (typeCategory === "array") return reference;
  return comparable.has(typeCategory) ? `greatest(${reference})` : `(array[${reference}])[1]`;
}

/** Types of which `greatest` can compare values. */
const comparable: ReadonlySet<Column["typeCategory"]> = new Set<Column["typeCategory"]>([
  "text",
  "integer",
  "numeric",
  "float",
  "boolean",
  "date",
  "timestamp",
  "timestamptz",
  "time",
  "uuid",
  "bytea",
  "enum",
]);

export function relationName(relation: Relation): string {
  return `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
}
